"""Uses what openapi-generator's python has generated: the folders of the services' clients are the arguments."""
import os
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), *sys.argv[1:]]
from modules import import_all

for folder in sys.argv[1:]:
    import_all(folder)

import auth_client
import resource_client

user, password = os.environ["USER_NAME"], os.environ["PASSWORD"]


def auth(**settings):
    configuration = auth_client.Configuration(host=os.environ["AUTH_URL"], **settings)
    return auth_client.AuthApi(auth_client.ApiClient(configuration))


assert auth().auth_create().data.expires_in > 0
token = auth().auth_create(auth_client.Credentials(user=user, password=password)).data.token
assert auth(access_token=token).auth_me().data.user == user
profile = auth(api_key={"token": token}).auth_show_user(user)
assert isinstance(profile, auth_client.UserProfileResponse) and profile.data.locked is False
try:
    auth().auth_create(auth_client.Credentials(user="nobody", password="wrong"))
    raise AssertionError("A wrong password was accepted.")
except auth_client.ApiException as error:
    assert error.status == 401 and error.data.code == "credentials_wrong"
configuration = resource_client.Configuration(host=os.environ["RESOURCE_URL"], api_key={"token": token})
clock = resource_client.ResourceApi(resource_client.ApiClient(configuration))
assert clock.resource_epoch_time().data.epoch_time > 1_574_653_197
