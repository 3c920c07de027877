// Calls services by Node's fetch: many at once over few connections, and one after a connection has rested.
const [webapp, auth] = process.argv.slice(2);

async function expect(status, url, options) {
  const response = await fetch(url, options);
  await response.text();
  if (response.status !== status) throw new Error(`${url}: ${response.status}`);
}

const login = { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" };
await Promise.all(Array.from({ length: 100 }, () => expect(200, `${webapp}/health/live`)));
await Promise.all(Array.from({ length: 20 }, () => expect(201, `${auth}/api/v1/auth/create`, login)));
await new Promise((resolve) => setTimeout(resolve, 3000));
await expect(201, `${auth}/api/v1/auth/create`, login);
await expect(404, `${webapp}/nowhere`);
