import { expect } from "chai";
import { API_VERSION } from "../../controller/api/meta.ts";
import { useReader } from "./reader.ts";
import { healthScript } from "./scripts.ts";

const condition = (type: string, status: string, reason = type) => ({
  type,
  status,
  reason,
  message: `${type} ${status}`,
});

describe("health.lua", () => {
  const reader = useReader();

  function object(status: object | undefined, spec: object = {}): object {
    const metadata = { name: "one", namespace: "lab", generation: 2 };
    return { apiVersion: API_VERSION, kind: "Container", metadata, spec, ...(status === undefined ? {} : { status }) };
  }

  const health = async (status: object | undefined, spec?: object): Promise<unknown> =>
    await reader().ask(object(status, spec), { do: "health", script: healthScript });

  it("is run where Argo CD runs it: Lua 5.1 without string, math, io, os and debug", async () => {
    const script = `
      local there = {}
      for _, name in ipairs({ "string", "math", "io", "os", "debug", "coroutine", "table", "pairs" }) do
        if _G[name] ~= nil then table.insert(there, name) end
      end
      return { status = "Healthy", message = _VERSION .. " " .. table.concat(there, " ") }`;
    const found = await reader().ask(object(undefined), { do: "health", script });
    expect(found).to.deep.equal({ status: "Healthy", message: "Lua 5.1 table pairs" });
  });

  it("takes an object without status, conditions or observedGeneration for one at work", async () => {
    const ready = [condition("Ready", "True")];
    for (const status of [undefined, {}, { observedGeneration: -1 }, { observedGeneration: 2, conditions: [] }])
      expect(await health(status), JSON.stringify(status)).to.include({ status: "Progressing" });
    expect(await health({ conditions: ready })).to.include({ status: "Progressing" });
  });

  it("believes no condition of an older generation", async () => {
    const conditions = [condition("Stalled", "True"), condition("Ready", "False")];
    expect(await health({ observedGeneration: 1, conditions })).to.deep.equal({
      status: "Progressing",
      message: "Waiting for the controller to see generation 2",
    });
  });

  it("heeds Reconciling and Stalled only where they are True", async () => {
    const conditions = [condition("Stalled", "False"), condition("Reconciling", "Unknown"), condition("Ready", "True")];
    expect(await health({ observedGeneration: 2, conditions })).to.deep.equal({
      status: "Healthy",
      message: "Ready: Ready True",
    });
  });

  it("goes by whichever of Reconciling and Stalled comes first, as kstatus does", async () => {
    const both = [condition("Reconciling", "True"), condition("Stalled", "True")];
    for (const [conditions, argo, word] of [
      [both, "Progressing", "InProgress"],
      [both.toReversed(), "Degraded", "Failed"],
    ] as const) {
      const [readings] = await reader().read([object({ observedGeneration: 2, conditions })], healthScript);
      expect([readings?.argo.status, readings?.kstatus.status]).to.deep.equal([argo, word]);
    }
  });

  it("waits for Ready where it is not True, and does not call that a failure", async () => {
    for (const status of ["False", "Unknown"])
      expect(await health({ observedGeneration: 2, conditions: [condition("Ready", status)] })).to.include({
        status: "Progressing",
      });
  });

  it("says Suspended for a ready object only; trouble is shown all the same", async () => {
    const ready = condition("Ready", "True");
    const suspended = { suspend: true };
    expect(await health({ observedGeneration: 2, conditions: [ready] }, suspended)).to.include({ status: "Suspended" });
    const above = [condition("Ready", "True", "Suspended")];
    expect(await health({ observedGeneration: 2, conditions: above })).to.include({ status: "Suspended" });
    const stalled = [condition("Stalled", "True"), condition("Ready", "False")];
    expect(await health({ observedGeneration: 2, conditions: stalled }, suspended)).to.include({ status: "Degraded" });
  });
});
