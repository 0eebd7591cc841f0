import { expect } from "chai";
import { PageInstead, resultOf, UnsupportedPath } from "../../../controller/providers/omada/envelope.ts";
import { kindOfCode, kindOfStatus } from "../../../controller/providers/omada/refusals.ts";
import type { WireReply } from "../../../controller/providers/shared/lines.ts";

function reply(body: unknown, status = 200): WireReply {
  return { status, statusText: "", headers: {}, body: typeof body === "string" ? body : JSON.stringify(body) };
}

const read = { call: "GET /openapi/v1/sites", write: false };
const write = { call: "POST /openapi/v1/sites", write: true };

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("it did not throw");
}

describe("answers of Omada", () => {
  it("give the result of code 0, and nothing where there is none", () => {
    expect(resultOf(reply({ errorCode: 0, msg: "Success.", result: { id: "1" } }), read)).to.deep.equal({ id: "1" });
    expect(resultOf(reply({ errorCode: 0, msg: "Success." }), write)).to.equal(undefined);
  });

  it("A7: a refusal says the product's text, what to do where that is poor, and the code", () => {
    const forbidden = { errorCode: -1005, msg: "Operation forbidden." };
    expect(thrown(() => resultOf(reply(forbidden), write))).to.include({
      kind: "permission",
      code: -1005,
      call: write.call,
      message:
        "Operation forbidden: the role of the application (Settings, Platform Integration, Open API) does not allow this (-1005)",
    });
    const taken = { errorCode: -33500, msg: "Network name already existed." };
    expect(thrown(() => resultOf(reply(taken), write))).to.include({
      kind: "conflict",
      message: "Network name already existed (-33500)",
    });
  });

  it("A2: what -1 and a page say of a write is that nobody knows; of a read, that it was not answered", () => {
    const general = { errorCode: -1, msg: "General error." };
    expect(thrown(() => resultOf(reply(general), write))).to.include({ kind: "outcomeUnknown" });
    expect(thrown(() => resultOf(reply(general), read))).to.include({ kind: "unreachable" });
    for (const page of [reply("<!DOCTYPE html><html></html>"), reply("", 302)]) {
      expect(thrown(() => resultOf(page, write)))
        .to.be.instanceOf(PageInstead)
        .and.include({ kind: "outcomeUnknown" });
      expect(thrown(() => resultOf(page, read)))
        .to.be.instanceOf(PageInstead)
        .and.include({ kind: "unreachable" });
    }
  });

  it("a path that the version does not have is known in each of its three forms", () => {
    const answers = [reply("", 404), reply({ status: 405 }, 405), reply({ errorCode: -1600, msg: "Unsupported" })];
    for (const answer of answers) expect(thrown(() => resultOf(answer, write))).to.be.instanceOf(UnsupportedPath);
  });

  it("A7: classes codes by what a person or the next pass can do", () => {
    const table: readonly (readonly [number, string])[] = [
      [-44106, "unauthorized"],
      [-30109, "unauthorized"],
      [-1007, "permission"],
      [-1505, "permission"],
      [-44118, "permission"],
      [-33503, "missing"],
      [-39701, "missing"],
      [-33219, "conflict"],
      [-33566, "conflict"],
      [-33717, "conflict"],
      [-33004, "overloaded"],
      [-39051, "overloaded"],
      [-1001, "spec"],
      [-33544, "spec"],
      [-44112, "unreachable"],
      [-1200, "unreachable"],
      [-7131, "other"],
    ];
    expect(table.map(([code]) => [code, kindOfCode(code, true)])).to.deep.equal(table);
  });

  it("A2: a 429 was not carried out; of a 5xx nobody knows when it was a write", () => {
    expect([429, 500, 503, 400, 401, 403, 418].map((status) => kindOfStatus(status, true))).to.deep.equal([
      "overloaded",
      "outcomeUnknown",
      "outcomeUnknown",
      "spec",
      "unauthorized",
      "permission",
      "other",
    ]);
    expect(kindOfStatus(503, false)).to.equal("unreachable");
    const spring = reply({ timestamp: "t", status: 400, error: "Bad Request", path: "/x" }, 400);
    expect(thrown(() => resultOf(spring, read))).to.include({
      kind: "spec",
      message: "Omada answered 400 Bad Request",
    });
  });
});
