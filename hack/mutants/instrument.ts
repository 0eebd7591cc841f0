import { createHash } from "node:crypto";
import ts from "typescript";
import { isDroppable, isLeftAlone, replacementsOf } from "./mutations.ts";

/** One planted bug. */
export interface Mutant {
  /** Stays the same while the place and its text do; lines may move. */
  readonly id: string;
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly original: string;
  readonly replacement: string;
  /** Characters of the file from `start` to before `end` give way to `text`. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const DROPPED = "(left out)";

/** The names around a place, from the inside out. */
function placeOf(node: ts.Node): string {
  const names: string[] = [];
  for (let at = node; !ts.isSourceFile(at); at = at.parent)
    if ((ts.isFunctionLike(at) || ts.isVariableDeclaration(at) || ts.isClassLike(at)) && at.name !== undefined)
      names.push(at.name.getText());
  return names.join("<");
}

/** Writes a file anew with all its bugs in it, each asleep until `$mutant` says its number. */
class Writer {
  readonly mutants: Mutant[] = [];
  readonly #source: ts.SourceFile;
  readonly #file: string;
  readonly #first: number;
  readonly #seen = new Map<string, number>();

  constructor(file: string, text: string, first: number) {
    this.#file = file;
    this.#source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    this.#first = first;
  }

  file(): string {
    return `const $mutant = globalThis.$mutant; ${this.#children(this.#source, 0, this.#source.text.length)}`;
  }

  /** The text of `node` from its first to its last character, with what is planted within it. */
  #node(node: ts.Node): string {
    const source = this.#source;
    const start = node.getStart(source);
    if (isLeftAlone(node)) return source.text.slice(start, node.end);
    if (ts.isCaseClause(node)) return this.#case(node);
    const text = this.#children(node, start, node.end);
    if (isDroppable(node, source)) return `{ if (!${this.#plant(node, "statement", DROPPED)}) { ${text} } }`;
    if (!isPlain(node)) return text;
    const planted = replacementsOf(node, source).map(
      ({ rule, text: other }) => `${this.#plant(node, rule, other)} ? (${other}) : `,
    );
    return planted.length === 0 ? text : `(${planted.join("")}(${text}))`;
  }

  #case(node: ts.CaseClause): string {
    const label = node.expression.getText(this.#source);
    const planted = this.#plant(node.expression, "case", DROPPED);
    const rest = this.#children(node, node.expression.end, node.end, node.expression);
    return `case (${planted} ? Symbol() : ${label})${rest}`;
  }

  #children(node: ts.Node, start: number, end: number, except?: ts.Node): string {
    let text = "";
    let at = start;
    ts.forEachChild(node, (child) => {
      if (child === except) return;
      const first = child.getStart(this.#source);
      if (child.end <= at || first < at) return;
      text += this.#source.text.slice(at, first) + this.#node(child);
      at = child.end;
    });
    return text + this.#source.text.slice(at, end);
  }

  #plant(node: ts.Node, rule: string, replacement: string): string {
    const original = node.getText(this.#source).replaceAll(/\s+/g, " ");
    const key = [this.#file, placeOf(node), rule, original, replacement].join("\n");
    const nth = this.#seen.get(key) ?? 0;
    this.#seen.set(key, nth + 1);
    const id = createHash("sha256").update(`${key}\n${nth}`).digest("hex").slice(0, 8);
    const start = node.getStart(this.#source);
    const { line } = this.#source.getLineAndCharacterOfPosition(start);
    const mutant = {
      ...{ id, file: this.#file, line: line + 1, rule, original, replacement: replacement.replaceAll(/\s+/g, " ") },
      ...{
        start,
        end: node.end,
        text: replacement === DROPPED ? (rule === "case" ? "(undefined as never)" : "{}") : `(${replacement})`,
      },
    };
    this.mutants.push(mutant);
    return `$mutant(${this.#first + this.mutants.length - 1})`;
  }
}

/** An expression whose value is read: nothing is assigned to it and it is no name. */
function isPlain(node: ts.Node): node is ts.Expression {
  if (!ts.isExpression(node)) return false;
  const { parent } = node;
  if ("name" in parent && parent.name === node) return false;
  if (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node)) return isReadAsCondition(node);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) return false;
  return !ts.isTaggedTemplateExpression(parent) && !(ts.isCallExpression(parent) && parent.expression === node);
}

/** Names and fields are planted upon only where they decide or are the result. */
function isReadAsCondition(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isIfStatement(parent) || ts.isReturnStatement(parent)) return true;
  if (ts.isConditionalExpression(parent)) return parent.condition === node;
  return ts.isArrowFunction(parent) && parent.body === node;
}

/** @param first - Number of the file's first mutant; the others follow. */
export function instrument(file: string, text: string, first: number): { text: string; mutants: readonly Mutant[] } {
  const writer = new Writer(file, text, first);
  return { text: writer.file(), mutants: writer.mutants };
}
