# Written by stubs.py from the contracts of the services.
from typing import Any, Literal, NotRequired, TypedDict


class AuthCreateOutput(TypedDict):
    expires_in: int
    refresh_expires_in: NotRequired[int]
    refresh_token: NotRequired[str]
    token: str


class AuthRefreshOutput(TypedDict):
    expires_in: int
    refresh_expires_in: NotRequired[int]
    refresh_token: NotRequired[str]
    token: str


class AuthTokenOutput(TypedDict):
    access_token: str
    expires_in: int
    refresh_token: NotRequired[str]
    scope: str
    token_type: Literal['Bearer']


class AuthIntrospectOutput(TypedDict):
    active: bool
    aud: NotRequired[str]
    exp: NotRequired[int]
    iss: NotRequired[str]
    jti: NotRequired[str]
    scope: NotRequired[str]
    sub: NotRequired[str]
    token_type: NotRequired[Literal['Bearer', 'refresh_token']]
    username: NotRequired[str]


class AuthIntrospectTokenOutput(TypedDict):
    active: bool
    aud: NotRequired[str]
    exp: NotRequired[int]
    iss: NotRequired[str]
    jti: NotRequired[str]
    scope: NotRequired[str]
    sub: NotRequired[str]
    token_type: NotRequired[Literal['Bearer', 'refresh_token']]
    username: NotRequired[str]


class AuthMeOutput(TypedDict):
    expires: str
    permissions: list[str]
    user: str


class AuthKeysOutput(TypedDict):
    keys: list[AuthKeysOutputKeysItem]


class AuthKeysOutputKeysItem(TypedDict):
    alg: str
    crv: str
    kid: str
    kty: str
    use: str
    x: str


class AuthTrustUpdatesOutput(TypedDict):
    epoch: str
    jwks: AuthTrustUpdatesOutputJwks
    latest: int
    revoked: list[AuthTrustUpdatesOutputRevokedItem]
    sequence: int
    since: int


class AuthTrustUpdatesOutputJwks(TypedDict):
    keys: list[AuthTrustUpdatesOutputJwksKeysItem]


class AuthTrustUpdatesOutputJwksKeysItem(TypedDict):
    alg: str
    crv: str
    kid: str
    kty: str
    use: str
    x: str


class AuthTrustUpdatesOutputRevokedItem(TypedDict):
    exp: int
    jti: str


class AuthMetadataOutput(TypedDict):
    grant_types_supported: list[str]
    id_token_signing_alg_values_supported: list[str]
    introspection_endpoint: str
    introspection_endpoint_auth_methods_supported: list[str]
    issuer: str
    jwks_uri: str
    refresh_endpoint: str
    response_types_supported: list[str]
    revocation_endpoint: str
    revocation_endpoint_auth_methods_supported: list[str]
    scopes_supported: list[str]
    service_documentation: str
    subject_types_supported: list[str]
    token_endpoint: str
    token_endpoint_auth_methods_supported: list[str]


class AuthAddUserOutput(TypedDict):
    changed: str
    created: str
    failed_attempts: int
    id: str
    locked: bool
    permissions: list[str]
    roles: list[str]
    user: str


class AuthListUsersOutput(TypedDict):
    next: NotRequired[str]
    users: list[AuthListUsersOutputUsersItem]


class AuthListUsersOutputUsersItem(TypedDict):
    changed: str
    created: str
    failed_attempts: int
    id: str
    locked: bool
    permissions: list[str]
    roles: list[str]
    user: str


class AuthShowUserOutput(TypedDict):
    changed: str
    created: str
    failed_attempts: int
    id: str
    locked: bool
    permissions: list[str]
    roles: list[str]
    user: str


class AuthSetPermissionsOutput(TypedDict):
    changed: str
    created: str
    failed_attempts: int
    id: str
    locked: bool
    permissions: list[str]
    roles: list[str]
    user: str


class AuthLockUserOutput(TypedDict):
    changed: str
    created: str
    failed_attempts: int
    id: str
    locked: bool
    permissions: list[str]
    roles: list[str]
    user: str


class AuthUnlockUserOutput(TypedDict):
    changed: str
    created: str
    failed_attempts: int
    id: str
    locked: bool
    permissions: list[str]
    roles: list[str]
    user: str


class AuthListRolesOutput(TypedDict):
    roles: list[AuthListRolesOutputRolesItem]


class AuthListRolesOutputRolesItem(TypedDict):
    name: str
    permissions: list[str]


class AuthAddClientOutput(TypedDict):
    client: str
    secret: str


class AuthListClientsOutput(TypedDict):
    clients: list[AuthListClientsOutputClientsItem]
    next: NotRequired[str]


class AuthListClientsOutputClientsItem(TypedDict):
    changed: str
    client: str
    created: str
    locked: bool
    permissions: list[str]
    roles: list[str]


class AuthRotateClientOutput(TypedDict):
    client: str
    secret: str


class AuthSmokeOutput(TypedDict):
    status: Literal['OK']


class ResourceCurrentTimeOutput(TypedDict):
    current_time: str


class ResourceEpochTimeOutput(TypedDict):
    epoch_time: int


class ResourceSmokeOutput(TypedDict):
    status: Literal['OK']


class WebappCurrentTimeOutput(TypedDict):
    current_time: str


class WebappEpochTimeOutput(TypedDict):
    epoch_time: int


class WebappClockOutput(TypedDict):
    current_time: str
    link: Literal['http', 'inproc', 'inprocess', 'ipc', 'tcp']
    microseconds: float


class WebappSignInOutput(TypedDict):
    expires_in: int
    refresh_expires_in: NotRequired[int]
    refresh_token: NotRequired[str]
    token: str


class WebappRefreshOutput(TypedDict):
    expires_in: int
    refresh_expires_in: NotRequired[int]
    refresh_token: NotRequired[str]
    token: str


class WebappSessionOutput(TypedDict):
    permissions: list[str]
    user: str


class WebappServicesOutput(TypedDict):
    services: list[WebappServicesOutputServicesItem]


class WebappServicesOutputServicesItem(TypedDict):
    name: str
    replicas: list[WebappServicesOutputServicesItemReplicasItem]
    state: Literal['down', 'not_ready', 'ready']
    summary: str


class WebappServicesOutputServicesItemReplicasItem(TypedDict):
    detail: NotRequired[str]
    link: NotRequired[Literal['http', 'inproc', 'inprocess', 'ipc', 'tcp']]
    microseconds: NotRequired[float]
    state: Literal['down', 'not_ready', 'ready']
    uptime: NotRequired[int]
    version: NotRequired[str]


class WebappCallsOutput(TypedDict):
    calls: list[WebappCallsOutputCallsItem]


class WebappCallsOutputCallsItem(TypedDict):
    endpoint: str
    microseconds: float
    parts: list[WebappCallsOutputCallsItemPartsItem]
    spans: list[WebappCallsOutputCallsItemSpansItem]
    started: int
    status: int
    trace_id: str


class WebappCallsOutputCallsItemPartsItem(TypedDict):
    microseconds: float
    name: Literal['access', 'decode', 'encode', 'handler', 'queue', 'wait', 'wire']


class WebappCallsOutputCallsItemSpansItem(TypedDict):
    endpoint: str
    link: Literal['http', 'inproc', 'inprocess', 'ipc', 'tcp']
    microseconds: float
    offset: float
    parts: list[WebappCallsOutputCallsItemSpansItemPartsItem]
    status: int


class WebappCallsOutputCallsItemSpansItemPartsItem(TypedDict):
    microseconds: float
    name: Literal['access', 'decode', 'encode', 'handler', 'queue', 'wait', 'wire']


class WebappCompareOutput(TypedDict):
    bounds: list[float]
    detail: NotRequired[str]
    progress: float
    ratio: NotRequired[WebappCompareOutputRatio]
    run: int
    state: Literal['done', 'failed', 'idle', 'running']
    wires: list[WebappCompareOutputWiresItem]


class WebappCompareOutputRatio(TypedDict):
    high: float
    is_difference: bool
    low: float
    value: float


class WebappCompareOutputWiresItem(TypedDict):
    calls: int
    counts: list[int]
    failed: int
    link: Literal['http', 'inproc', 'inprocess', 'ipc', 'tcp']
    longest: NotRequired[float]
    p50: NotRequired[float]
    p90: NotRequired[float]
    p99: NotRequired[float]


class WebappComparisonOutput(TypedDict):
    bounds: list[float]
    detail: NotRequired[str]
    progress: float
    ratio: NotRequired[WebappComparisonOutputRatio]
    run: int
    state: Literal['done', 'failed', 'idle', 'running']
    wires: list[WebappComparisonOutputWiresItem]


class WebappComparisonOutputRatio(TypedDict):
    high: float
    is_difference: bool
    low: float
    value: float


class WebappComparisonOutputWiresItem(TypedDict):
    calls: int
    counts: list[int]
    failed: int
    link: Literal['http', 'inproc', 'inprocess', 'ipc', 'tcp']
    longest: NotRequired[float]
    p50: NotRequired[float]
    p90: NotRequired[float]
    p99: NotRequired[float]


class WebappListUsersOutput(TypedDict):
    next: NotRequired[str]
    users: list[WebappListUsersOutputUsersItem]


class WebappListUsersOutputUsersItem(TypedDict):
    changed: str
    created: str
    failed_attempts: int
    id: str
    locked: bool
    permissions: list[str]
    roles: list[str]
    user: str


class WebappAddUserOutput(TypedDict):
    changed: str
    created: str
    failed_attempts: int
    id: str
    locked: bool
    permissions: list[str]
    roles: list[str]
    user: str


class WebappSetPermissionsOutput(TypedDict):
    changed: str
    created: str
    failed_attempts: int
    id: str
    locked: bool
    permissions: list[str]
    roles: list[str]
    user: str


class WebappLockUserOutput(TypedDict):
    changed: str
    created: str
    failed_attempts: int
    id: str
    locked: bool
    permissions: list[str]
    roles: list[str]
    user: str


class WebappUnlockUserOutput(TypedDict):
    changed: str
    created: str
    failed_attempts: int
    id: str
    locked: bool
    permissions: list[str]
    roles: list[str]
    user: str


class WebappSmokeOutput(TypedDict):
    status: Literal['OK']


class BoilerplateGreetOutput(TypedDict):
    greeting: str


class BoilerplateSmokeOutput(TypedDict):
    status: Literal['OK']


class Auth:
    def create(self, *, password: str = ..., user: str = ..., _token: str | None = ..., _timeout: float | None = ...) -> AuthCreateOutput: ...
    def refresh(self, *, refresh_token: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthRefreshOutput: ...
    def token(self, *, client_id: str = ..., client_secret: str = ..., grant_type: str, password: str = ..., refresh_token: str = ..., scope: str = ..., username: str = ..., _token: str | None = ..., _timeout: float | None = ...) -> AuthTokenOutput: ...
    def revoke(self, *, token: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    def introspect(self, *, token: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthIntrospectOutput: ...
    def revoke_token(self, *, client_id: str = ..., client_secret: str = ..., token: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    def introspect_token(self, *, client_id: str = ..., client_secret: str = ..., token: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthIntrospectTokenOutput: ...
    def valid(self, *, resource: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    def me(self, *, _token: str | None = ..., _timeout: float | None = ...) -> AuthMeOutput: ...
    def keys(self, *, _token: str | None = ..., _timeout: float | None = ...) -> AuthKeysOutput: ...
    def trust_updates(self, *, epoch: str = ..., since: int = ..., _token: str | None = ..., _timeout: float | None = ...) -> AuthTrustUpdatesOutput: ...
    def metadata(self, *, _token: str | None = ..., _timeout: float | None = ...) -> AuthMetadataOutput: ...
    def add_user(self, *, password: str, permissions: list[str] = ..., roles: list[str] = ..., user: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthAddUserOutput: ...
    def list_users(self, *, after: str = ..., limit: int = ..., _token: str | None = ..., _timeout: float | None = ...) -> AuthListUsersOutput: ...
    def show_user(self, *, user: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthShowUserOutput: ...
    def change_password(self, *, new_password: str, old_password: str, user: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    def set_permissions(self, *, permissions: list[str], roles: list[str] = ..., user: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthSetPermissionsOutput: ...
    def lock_user(self, *, user: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthLockUserOutput: ...
    def unlock_user(self, *, user: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthUnlockUserOutput: ...
    def remove_user(self, *, user: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    def list_roles(self, *, _token: str | None = ..., _timeout: float | None = ...) -> AuthListRolesOutput: ...
    def add_client(self, *, client: str, permissions: list[str] = ..., roles: list[str] = ..., _token: str | None = ..., _timeout: float | None = ...) -> AuthAddClientOutput: ...
    def list_clients(self, *, after: str = ..., limit: int = ..., _token: str | None = ..., _timeout: float | None = ...) -> AuthListClientsOutput: ...
    def rotate_client(self, *, client: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthRotateClientOutput: ...
    def remove_client(self, *, client: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    def smoke(self, *, _token: str | None = ..., _timeout: float | None = ...) -> AuthSmokeOutput: ...


class AsyncAuth:
    async def create(self, *, password: str = ..., user: str = ..., _token: str | None = ..., _timeout: float | None = ...) -> AuthCreateOutput: ...
    async def refresh(self, *, refresh_token: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthRefreshOutput: ...
    async def token(self, *, client_id: str = ..., client_secret: str = ..., grant_type: str, password: str = ..., refresh_token: str = ..., scope: str = ..., username: str = ..., _token: str | None = ..., _timeout: float | None = ...) -> AuthTokenOutput: ...
    async def revoke(self, *, token: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    async def introspect(self, *, token: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthIntrospectOutput: ...
    async def revoke_token(self, *, client_id: str = ..., client_secret: str = ..., token: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    async def introspect_token(self, *, client_id: str = ..., client_secret: str = ..., token: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthIntrospectTokenOutput: ...
    async def valid(self, *, resource: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    async def me(self, *, _token: str | None = ..., _timeout: float | None = ...) -> AuthMeOutput: ...
    async def keys(self, *, _token: str | None = ..., _timeout: float | None = ...) -> AuthKeysOutput: ...
    async def trust_updates(self, *, epoch: str = ..., since: int = ..., _token: str | None = ..., _timeout: float | None = ...) -> AuthTrustUpdatesOutput: ...
    async def metadata(self, *, _token: str | None = ..., _timeout: float | None = ...) -> AuthMetadataOutput: ...
    async def add_user(self, *, password: str, permissions: list[str] = ..., roles: list[str] = ..., user: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthAddUserOutput: ...
    async def list_users(self, *, after: str = ..., limit: int = ..., _token: str | None = ..., _timeout: float | None = ...) -> AuthListUsersOutput: ...
    async def show_user(self, *, user: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthShowUserOutput: ...
    async def change_password(self, *, new_password: str, old_password: str, user: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    async def set_permissions(self, *, permissions: list[str], roles: list[str] = ..., user: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthSetPermissionsOutput: ...
    async def lock_user(self, *, user: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthLockUserOutput: ...
    async def unlock_user(self, *, user: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthUnlockUserOutput: ...
    async def remove_user(self, *, user: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    async def list_roles(self, *, _token: str | None = ..., _timeout: float | None = ...) -> AuthListRolesOutput: ...
    async def add_client(self, *, client: str, permissions: list[str] = ..., roles: list[str] = ..., _token: str | None = ..., _timeout: float | None = ...) -> AuthAddClientOutput: ...
    async def list_clients(self, *, after: str = ..., limit: int = ..., _token: str | None = ..., _timeout: float | None = ...) -> AuthListClientsOutput: ...
    async def rotate_client(self, *, client: str, _token: str | None = ..., _timeout: float | None = ...) -> AuthRotateClientOutput: ...
    async def remove_client(self, *, client: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    async def smoke(self, *, _token: str | None = ..., _timeout: float | None = ...) -> AuthSmokeOutput: ...


class Resource:
    def current_time(self, *, _token: str | None = ..., _timeout: float | None = ...) -> ResourceCurrentTimeOutput: ...
    def epoch_time(self, *, _token: str | None = ..., _timeout: float | None = ...) -> ResourceEpochTimeOutput: ...
    def smoke(self, *, _token: str | None = ..., _timeout: float | None = ...) -> ResourceSmokeOutput: ...


class AsyncResource:
    async def current_time(self, *, _token: str | None = ..., _timeout: float | None = ...) -> ResourceCurrentTimeOutput: ...
    async def epoch_time(self, *, _token: str | None = ..., _timeout: float | None = ...) -> ResourceEpochTimeOutput: ...
    async def smoke(self, *, _token: str | None = ..., _timeout: float | None = ...) -> ResourceSmokeOutput: ...


class Webapp:
    def current_time(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappCurrentTimeOutput: ...
    def epoch_time(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappEpochTimeOutput: ...
    def clock(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappClockOutput: ...
    def sign_in(self, *, password: str = ..., user: str = ..., _token: str | None = ..., _timeout: float | None = ...) -> WebappSignInOutput: ...
    def refresh(self, *, refresh_token: str, _token: str | None = ..., _timeout: float | None = ...) -> WebappRefreshOutput: ...
    def sign_out(self, *, token: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    def session(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappSessionOutput: ...
    def services(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappServicesOutput: ...
    def calls(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappCallsOutput: ...
    def compare(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappCompareOutput: ...
    def comparison(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappComparisonOutput: ...
    def list_users(self, *, after: str = ..., limit: int = ..., _token: str | None = ..., _timeout: float | None = ...) -> WebappListUsersOutput: ...
    def add_user(self, *, password: str, permissions: list[str] = ..., roles: list[str] = ..., user: str, _token: str | None = ..., _timeout: float | None = ...) -> WebappAddUserOutput: ...
    def set_permissions(self, *, permissions: list[str], roles: list[str] = ..., user: str, _token: str | None = ..., _timeout: float | None = ...) -> WebappSetPermissionsOutput: ...
    def lock_user(self, *, user: str, _token: str | None = ..., _timeout: float | None = ...) -> WebappLockUserOutput: ...
    def unlock_user(self, *, user: str, _token: str | None = ..., _timeout: float | None = ...) -> WebappUnlockUserOutput: ...
    def remove_user(self, *, user: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    def smoke(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappSmokeOutput: ...


class AsyncWebapp:
    async def current_time(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappCurrentTimeOutput: ...
    async def epoch_time(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappEpochTimeOutput: ...
    async def clock(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappClockOutput: ...
    async def sign_in(self, *, password: str = ..., user: str = ..., _token: str | None = ..., _timeout: float | None = ...) -> WebappSignInOutput: ...
    async def refresh(self, *, refresh_token: str, _token: str | None = ..., _timeout: float | None = ...) -> WebappRefreshOutput: ...
    async def sign_out(self, *, token: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    async def session(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappSessionOutput: ...
    async def services(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappServicesOutput: ...
    async def calls(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappCallsOutput: ...
    async def compare(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappCompareOutput: ...
    async def comparison(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappComparisonOutput: ...
    async def list_users(self, *, after: str = ..., limit: int = ..., _token: str | None = ..., _timeout: float | None = ...) -> WebappListUsersOutput: ...
    async def add_user(self, *, password: str, permissions: list[str] = ..., roles: list[str] = ..., user: str, _token: str | None = ..., _timeout: float | None = ...) -> WebappAddUserOutput: ...
    async def set_permissions(self, *, permissions: list[str], roles: list[str] = ..., user: str, _token: str | None = ..., _timeout: float | None = ...) -> WebappSetPermissionsOutput: ...
    async def lock_user(self, *, user: str, _token: str | None = ..., _timeout: float | None = ...) -> WebappLockUserOutput: ...
    async def unlock_user(self, *, user: str, _token: str | None = ..., _timeout: float | None = ...) -> WebappUnlockUserOutput: ...
    async def remove_user(self, *, user: str, _token: str | None = ..., _timeout: float | None = ...) -> dict[str, Any]: ...
    async def smoke(self, *, _token: str | None = ..., _timeout: float | None = ...) -> WebappSmokeOutput: ...


class Boilerplate:
    def greet(self, *, name: str, times: int = ..., _token: str | None = ..., _timeout: float | None = ...) -> BoilerplateGreetOutput: ...
    def smoke(self, *, _token: str | None = ..., _timeout: float | None = ...) -> BoilerplateSmokeOutput: ...


class AsyncBoilerplate:
    async def greet(self, *, name: str, times: int = ..., _token: str | None = ..., _timeout: float | None = ...) -> BoilerplateGreetOutput: ...
    async def smoke(self, *, _token: str | None = ..., _timeout: float | None = ...) -> BoilerplateSmokeOutput: ...
