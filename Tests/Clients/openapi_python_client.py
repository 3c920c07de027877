"""Uses what openapi-python-client has generated: the folder in which the packages are is the argument."""
import os
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), sys.argv[1]]
from modules import import_all

import_all(sys.argv[1])

from auth_client import AuthenticatedClient, Client
from auth_client.api.auth import auth_create, auth_introspect, auth_me
from auth_client.models import Credentials, IntrospectionRequest, Problem
from resource_client.api.resource import resource_epoch_time
import resource_client

client = Client(base_url=os.environ["AUTH_URL"])
assert auth_create.sync(client=client).data.expires_in > 0
credentials = Credentials(user=os.environ["USER_NAME"], password=os.environ["PASSWORD"])
token = auth_create.sync(client=client, body=credentials).data.token
user = AuthenticatedClient(base_url=os.environ["AUTH_URL"], token=token)
assert auth_me.sync(client=user).data.user == credentials.user
assert auth_introspect.sync(client=user, body=IntrospectionRequest(token=token)).active is True
wrong = auth_create.sync(client=client, body=Credentials(user="nobody", password="wrong"))
assert isinstance(wrong, Problem) and wrong.code == "credentials_wrong"
clock = resource_client.AuthenticatedClient(base_url=os.environ["RESOURCE_URL"], token=token)
assert resource_epoch_time.sync(client=clock).data.epoch_time > 1_574_653_197
