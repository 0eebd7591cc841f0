import { expect } from "chai";
import fc from "fast-check";
import { bytesOf, mebibytesOf, quantityOf } from "../../controller/base/quantity.ts";

describe("quantity", () => {
  it("reads binary sizes as whole MiB", () => {
    const read = ["8Gi", "512Mi", "1.5Gi", "1Ti", "0Mi", "0", "2048Ki", "1048576", ".5Gi", "1Ei"].map(mebibytesOf);
    expect(read).to.deep.equal([8192, 512, 1536, 1_048_576, 0, 0, 2, 1, 512, 1_099_511_627_776]);
  });

  it("refuses what is not a whole number of MiB, and what is no quantity at all", () => {
    const refused = [
      "8G",
      "1.1Mi",
      "100m",
      "-1Gi",
      "1023Ki",
      "",
      "Gi",
      "8 Gi",
      "8gi",
      "8GiB",
      "1e",
      "0x10",
      "१Gi",
      "1..5Gi",
      ".",
    ];
    for (const text of refused) expect(mebibytesOf(text), text).to.equal(undefined);
  });

  it("reads decimal suffixes and exponents exactly", () => {
    expect(bytesOf("8G")).to.equal(8_000_000_000n);
    expect(bytesOf("1500m")).to.equal(undefined);
    expect(bytesOf("2000m")).to.equal(2n);
    expect(bytesOf("12e3")).to.equal(12_000n);
    expect(bytesOf("12E3")).to.equal(12_000n);
    expect(bytesOf("5000e-3")).to.equal(5n);
    expect(bytesOf("2E")).to.equal(2_000_000_000_000_000_000n);
    expect(bytesOf("+3k")).to.equal(3000n);
    expect(bytesOf("-3k")).to.equal(-3000n);
  });

  it("gives back every size it writes", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), (mebibytes) => {
        expect(mebibytesOf(quantityOf(mebibytes))).to.equal(mebibytes);
      }),
    );
  });

  it("writes the largest unit that is whole", () => {
    expect([8192, 1536, 0, 1, 1024, 3 * 1_048_576].map(quantityOf)).to.deep.equal([
      "8Gi",
      "1536Mi",
      "0Mi",
      "1Mi",
      "1Gi",
      "3Ti",
    ]);
    expect(() => quantityOf(-1)).to.throw(RangeError);
    expect(() => quantityOf(0.5)).to.throw(RangeError);
  });

  it("agrees with integer arithmetic for any number and binary suffix", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.constantFrom("Ki", "Mi", "Gi", "Ti"), (count, suffix) => {
        const power = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n }[suffix];
        expect(bytesOf(`${String(count)}${suffix}`)).to.equal(BigInt(count) << power);
      }),
    );
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const mebibytes = mebibytesOf(text);
        expect(mebibytes === undefined || mebibytes >= 0).to.equal(true);
      }),
    );
  });
});
