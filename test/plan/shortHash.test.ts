import { expect } from "chai";
import fc from "fast-check";
import { shortHash } from "../../controller/plan/shortHash.ts";

describe("a short hash", () => {
  it("I8: is eight hex digits, the same for the same list", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(shortHash(text))
          .to.match(/^[0-9a-f]{8}$/)
          .and.to.equal(shortHash(text));
      }),
    );
  });

  it("is FNV-1a, and differs where lists do", () => {
    expect(shortHash("")).to.equal("811c9dc5");
    expect(shortHash("a")).to.equal("e40c292c");
    const lists = Array.from({ length: 500 }, (_, n) => `g${String(n)} (${String(100 + n)})`);
    expect(new Set(lists.map(shortHash)).size).to.equal(500);
  });
});
