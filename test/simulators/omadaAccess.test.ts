import { expect } from "chai";
import { SEED } from "./omada/seedSite.ts";
import { startOmadaSimulator, type RunningOmadaSimulator } from "./omada/startOmadaSimulator.ts";
import { OmadaClient, openOmada, sendOmada, tokenOf, type OmadaAnswer } from "./omadaClient.ts";

const TOKEN = "/openapi/authorize/token?grant_type=";
const LIST = "devices?page=1&pageSize=10";

describe("who may use a simulated Omada controller", () => {
  let simulator: RunningOmadaSimulator;
  let client: OmadaClient;

  before(async () => {
    simulator = await startOmadaSimulator({
      profile: "6.2",
      applications: [
        { clientId: "a".repeat(32), clientSecret: "b".repeat(32) },
        { clientId: "c".repeat(32), clientSecret: "d".repeat(32), sites: ["Elsewhere"] },
      ],
      sites: [{ name: "Default" }, { name: "Elsewhere" }],
    });
    client = await openOmada(simulator);
  });

  after(() => simulator.stop());

  const ask = (grant: string, change: object = {}): Promise<OmadaAnswer> => {
    const { omadacId, clientId: client_id, clientSecret: client_secret } = simulator;
    return sendOmada(simulator, "POST", `${TOKEN}${grant}`, { omadacId, client_id, client_secret, ...change });
  };
  const withHeader = (Authorization: string): Promise<OmadaAnswer> =>
    sendOmada(simulator, "GET", `/openapi/v1/${simulator.omadacId}/sites?page=1&pageSize=1`, undefined, {
      Authorization,
    });

  describe("the Open API", () => {
    it("gives a token for two hours, with a text and a cookie of its own", async () => {
      const answer = await ask("client_credentials");
      expect(answer.msg).to.equal("Open API Get Access Token successfully.");
      expect(answer.result).to.include({ tokenType: "bearer", expiresIn: 7200 });
      expect(answer.result["accessToken"]).to.match(/^AT-[0-9a-f]{32}$/);
      expect(String(answer.headers["set-cookie"])).to.match(/^TPOMADA_SESSIONID=/);
    });

    it("refuses a wrong secret, an unknown grant and another controller", async () => {
      expect((await ask("client_credentials", { client_secret: "x" })).errorCode).to.equal(-44106);
      expect((await ask("password")).errorCode).to.equal(-44111);
      expect((await ask("client_credentials", { omadacId: "0".repeat(32) })).errorCode).to.equal(-7131);
    });

    it("refreshes once with a refresh token", async () => {
      const first = await ask("client_credentials");
      const grant = `refresh_token&refresh_token=${String(first.result["refreshToken"])}`;
      const second = await ask(grant);
      expect((await withHeader(`AccessToken=${String(second.result["accessToken"])}`)).errorCode).to.equal(0);
      expect((await ask(grant)).errorCode).to.equal(-44114);
    });

    it("says what is wrong with a header", async () => {
      expect(
        (await sendOmada(simulator, "GET", `/openapi/v1/${simulator.omadacId}/sites?page=1&pageSize=1`)).errorCode,
      ).to.equal(-44116);
      expect((await withHeader(`Bearer ${client.token}`)).errorCode).to.equal(-44112);
      expect((await withHeader("AccessToken=AT-0")).errorCode).to.equal(-44113);
    });

    it("forgets and expires tokens when told to", async () => {
      const token = await tokenOf(simulator);
      await simulator.admin("POST", "/tokens/expire");
      expect((await withHeader(`AccessToken=${token}`)).errorCode).to.equal(-44112);
      await simulator.admin("POST", "/tokens/forget");
      expect((await withHeader(`AccessToken=${token}`)).errorCode).to.equal(-44113);
      client = await openOmada(simulator);
    });

    it("keeps to the sites of an application, and to the sites there are", async () => {
      const token = await ask("client_credentials", { client_id: "c".repeat(32), client_secret: "d".repeat(32) });
      const other = new OmadaClient(simulator, String(token.result["accessToken"]), client.siteId);
      expect((await other.call("GET", LIST)).errorCode).to.equal(-1505);
      const none = new OmadaClient(simulator, client.token, "0".repeat(24));
      expect((await none.call("GET", LIST)).errorCode).to.equal(-33000);
    });

    it("knows its own id only", async () => {
      const headers = { Authorization: `AccessToken=${client.token}` };
      const path = `/openapi/v1/${"0".repeat(32)}/sites?page=1&pageSize=1`;
      expect((await sendOmada(simulator, "GET", path, undefined, headers)).errorCode).to.equal(-7131);
    });
  });

  describe("the web session", () => {
    const base = (): string => `/${simulator.omadacId}/api/v2`;

    async function login(): Promise<{ Cookie: string; "Csrf-Token": string }> {
      const { username, password } = simulator;
      const answer = await sendOmada(simulator, "POST", `${base()}/login`, { username, password });
      expect(answer.msg).to.equal("Log in successfully.");
      const cookie = String(answer.headers["set-cookie"]).split(";")[0] ?? "";
      return { Cookie: cookie, "Csrf-Token": String(answer.result["token"]) };
    }

    it("opens with user and password, and reads with cookie and token together", async () => {
      const headers = await login();
      const answer = await sendOmada(simulator, "GET", `${base()}/users/current`, undefined, headers);
      expect(answer.result).to.have.property("privilege");
      const page = await sendOmada(simulator, "GET", `${base()}/users/current`, undefined, { Cookie: headers.Cookie });
      expect(page).to.include({ status: 200, errorCode: undefined });
      expect(
        (await sendOmada(simulator, "POST", `${base()}/login`, { username: "x", password: "y" })).errorCode,
      ).to.equal(-30109);
    });

    it("works on Open API paths only where it says that it is the web's own", async () => {
      const headers = await login();
      const path = `/openapi/v2/${simulator.omadacId}/sites/${client.siteId}/lan-profiles?page=1&pageSize=10`;
      expect((await sendOmada(simulator, "GET", path, undefined, headers)).errorCode).to.equal(-44116);
      const marked = { ...headers, "Omada-Request-Source": "web-local" };
      expect((await sendOmada(simulator, "GET", path, undefined, marked)).errorCode).to.equal(0);
    });

    it("N1: shows the login page with HTTP 200 once the session is over", async () => {
      const headers = await login();
      await simulator.admin("POST", "/sessions/end");
      const answer = await sendOmada(simulator, "GET", `${base()}/users/current`, undefined, headers);
      expect(answer).to.include({ status: 200, errorCode: undefined });
      expect(answer.text).to.include("<title>Omada Controller - Login</title>");
    });

    it("ends with a logout", async () => {
      const headers = await login();
      await sendOmada(simulator, "POST", `${base()}/logout`, undefined, headers);
      expect((await sendOmada(simulator, "GET", `${base()}/loginStatus`, undefined, headers)).errorCode).to.equal(
        undefined,
      );
    });
  });
});

describe("what versions of a simulated Omada controller answer", () => {
  const simulators = new Map<string, OmadaClient>();

  before(async () => {
    for (const profile of ["5.15", "6.2"] as const)
      simulators.set(profile, await openOmada(await startOmadaSimulator({ profile, deadSession: "redirect" })));
  });

  after(async () => {
    for (const { simulator } of simulators.values()) await simulator.stop();
  });

  const old = (method: string, path: string, body?: unknown): Promise<OmadaAnswer> =>
    simulators.get("5.15")!.call(method, path, body);
  const later = (method: string, path: string, body?: unknown): Promise<OmadaAnswer> =>
    simulators.get("6.2")!.call(method, path, body);

  it("to an unknown path: 404, later -1600 with HTTP 200", async () => {
    expect(await old("GET", "nothing")).to.include({ status: 404, errorCode: undefined });
    expect(await later("GET", "nothing")).to.include({ status: 200, errorCode: -1600 });
  });

  it("to a wrong verb: 405 with what is allowed, later -1600", async () => {
    const answer = await old("GET", "lan-networks/0");
    expect(answer.status).to.equal(405);
    expect(answer.headers["allow"]).to.equal("PATCH, DELETE");
    expect(await later("PUT", "devices")).to.include({ status: 200, errorCode: -1600 });
  });

  it("to a list without a page: -1001, later HTTP 400", async () => {
    expect(await old("GET", "devices")).to.include({ status: 200, errorCode: -1001 });
    expect(await later("GET", "devices")).to.include({ status: 400, errorCode: undefined });
  });

  it("with a page size that repeats what was asked for, and nothing beyond the end", async () => {
    const first = await later("GET", "devices?page=1&pageSize=2");
    expect(first.result).to.include({ totalRows: 3, currentPage: 1, currentSize: 2 });
    const third = await later("GET", "devices?page=3&pageSize=2");
    expect(third.result).to.deep.equal({ totalRows: 3, currentPage: 3, currentSize: 2, data: [] });
  });

  it("to what only the others have", async () => {
    const port = `switches/${SEED.switch}/ports/9`;
    expect((await old("PATCH", port, { name: "x" })).status).to.equal(404);
    expect((await later("PATCH", port, { name: "x" })).errorCode).to.equal(0);
    expect((await old("GET", "v2 lan-profiles?page=1&pageSize=1")).status).to.equal(404);
    expect((await old("GET", "v3 lan-networks?page=1&pageSize=1")).status).to.equal(404);
    expect((await later("GET", "v3 lan-networks?page=1&pageSize=1")).errorCode).to.equal(0);
    expect((await later("POST", "networks/confirm", {})).errorCode).to.equal(-1600);
  });

  it("with a redirect where that is how it treats a dead session", async () => {
    const { simulator } = simulators.get("6.2")!;
    const answer = await sendOmada(simulator, "GET", `/${simulator.omadacId}/api/v2/users/current`);
    expect(answer.status).to.equal(302);
    expect(answer.headers["location"]).to.equal(`/${simulator.omadacId}/login`);
  });
});
