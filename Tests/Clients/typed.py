"""Calls as mypy and pyright must see them: the lines marked as wrong are errors, and no others."""
from typing import TYPE_CHECKING, cast

from starmicroservices import AsyncClient, Client

if TYPE_CHECKING:
    import services


def now(client: Client) -> str:
    auth, resource = cast("services.Auth", client.auth), cast("services.Resource", client.resource)
    token: str = auth.create(user="ada", password="secret")["token"]
    auth.create(user=1)  # wrong
    auth.nothing()  # wrong
    epoch: str = resource.epoch_time(_token=token)["epoch_time"]  # wrong
    return epoch


async def later(client: AsyncClient) -> int:
    resource = cast("services.AsyncResource", client.resource)
    return (await resource.epoch_time())["epoch_time"]
