"""Imports every module of the generated packages in a folder, whose names end in `_client`."""
import importlib
import pkgutil


def import_all(folder: str) -> None:
    packages = [package for package in pkgutil.iter_modules([folder]) if package.name.endswith("_client")]
    assert packages, folder
    for package in packages:
        for module in pkgutil.walk_packages(importlib.import_module(package.name).__path__, package.name + "."):
            importlib.import_module(module.name)
