import { expect } from "chai";
import fc from "fast-check";
import { marksIn, markText, ownershipOf, withMark } from "../../controller/plan/mark.ts";

const SELF = { namespace: "lab", name: "db" };
const NONE = (): readonly number[] => [];

const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?$/);
const object = fc.array(label, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("."));
const mark = fc.record({ namespace: label, name: object });
const plain = fc.stringMatching(/^[a-z_][a-z0-9_+-]{0,8}$/);

describe("the mark", () => {
  it("I2: every namespace and object name is read back as written", () => {
    fc.assert(
      fc.property(mark, (one) => {
        expect(marksIn([markText(one)])).to.deep.equal([one]);
      }),
    );
  });

  it("I2: marking keeps the person's tags, leaves one mark, is sorted, and done twice is done once", () => {
    fc.assert(
      fc.property(fc.array(plain), fc.array(mark), mark, (tags, marks, own) => {
        const after = withMark([...tags, ...marks.map(markText)], own);
        expect(marksIn(after)).to.deep.equal([own]);
        expect(after).to.include.members(tags);
        expect(after).to.deep.equal([...after].sort());
        expect(withMark(after, own)).to.deep.equal(after);
      }),
    );
  });

  for (const tag of ["hl", "hl.", "hl.lab", "hl.lab.", "hl..db", "xhl.lab.db", "lab.db", "ip-lab.db"])
    it(`I3: ${JSON.stringify(tag)} is nobody's mark`, () => {
      expect(marksIn([tag])).to.deep.equal([]);
    });
});

describe("whose a guest is", () => {
  const rows: readonly (readonly [string, readonly string[], (name: string) => readonly number[], object])[] = [
    ["ours: its own mark, whoever else's is beside it", ["hl.other.x", "hl.lab.db"], NONE, { is: "ours" }],
    ["unmarked: only a person's tags", ["prod"], NONE, { is: "unmarked" }],
    [
      "foreign: another namespace's",
      ["hl.other.db"],
      NONE,
      { is: "foreign", mark: { namespace: "other", name: "db" } },
    ],
    ["renamed: names nobody here", ["hl.lab.old"], NONE, { is: "renamed", from: "old" }],
    [
      "foreign: a living object's with this vmid",
      ["hl.lab.x"],
      () => [101],
      { is: "foreign", mark: { namespace: "lab", name: "x" } },
    ],
    ["unmarked: a copy of one with another vmid", ["hl.lab.x"], () => [102], { is: "unmarked" }],
    [
      "foreign: one of two kinds of that name has this vmid",
      ["hl.lab.x"],
      () => [102, 101],
      { is: "foreign", mark: { namespace: "lab", name: "x" } },
    ],
    [
      "renamed: a copy and an old name",
      ["hl.lab.x", "hl.lab.old"],
      (name) => (name === "x" ? [102] : []),
      { is: "renamed", from: "old" },
    ],
  ];
  for (const [what, tags, vmidsOf, ownership] of rows)
    it(`I3: ${what}`, () => {
      expect(ownershipOf(tags, SELF, 101, vmidsOf)).to.deep.equal(ownership);
    });
});
