import { expect } from "chai";
import { reasons } from "../../controller/base/reasons.ts";
import type { ReasonText } from "../../controller/base/reasons.ts";

const all: readonly (readonly [string, ReasonText])[] = Object.entries(reasons);

describe("reasons", () => {
  it("are words the API server accepts in a condition", () => {
    for (const [name] of all) expect(name).to.match(/^[A-Z][A-Za-z0-9]*$/);
  });

  it("say each in a sentence what is", () => {
    for (const [name, text] of all) expect(text.means, name).to.match(/^[A-Z][^]*\.$/);
  });

  it("say how to get out, wherever a person is needed", () => {
    for (const [name, text] of all) if (text.with === "Stalled") expect(text.cure, name).to.match(/^[A-Z][^]*\.$/);
  });

  it("come with an abnormal condition exactly when Ready is not True", () => {
    for (const [name, text] of all) expect(text.with === undefined, name).to.equal(text.ready === "True");
  });

  it("never call what cannot be seen stalled", () => {
    for (const [name, text] of all) if (text.ready === "Unknown") expect(text.with, name).to.equal("Reconciling");
  });
});
