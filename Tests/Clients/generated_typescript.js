// Uses what openapi-generator's typescript-fetch has generated, compiled: the folder of the services' clients is the argument.
const assert = require("node:assert");
const { AUTH_URL, RESOURCE_URL, USER_NAME, PASSWORD } = process.env;
const auth = require(`${process.argv[2]}/auth`);
const resource = require(`${process.argv[2]}/resource`);
for (const service of ["webapp", "boilerplate"]) require(`${process.argv[2]}/${service}`);

const authApi = settings => new auth.AuthApi(new auth.Configuration({ basePath: AUTH_URL, ...settings }));

async function main() {
  assert((await authApi().authCreate()).data.expiresIn > 0);
  const { token } = (await authApi().authCreate({ credentials: { user: USER_NAME, password: PASSWORD } })).data;
  assert.equal((await authApi({ apiKey: token }).authMe()).data.user, USER_NAME);
  const refused = await authApi().authCreate({ credentials: { user: "nobody", password: "wrong" } }).catch(error => error);
  assert.equal(refused.response.status, 401);
  const clock = new resource.ResourceApi(new resource.Configuration({ basePath: RESOURCE_URL, apiKey: token }));
  assert((await clock.resourceEpochTime()).data.epochTime > 1_574_653_197);
}

main().catch(error => { console.error(error); process.exitCode = 1; });
