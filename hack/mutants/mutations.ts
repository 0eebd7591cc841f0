import ts from "typescript";

/** What may be put in the place of an expression. */
export interface Replacement {
  readonly rule: string;
  readonly text: string;
}

const equality = new Set(["===", "!=="]);
const operators: Readonly<Record<string, readonly string[]>> = {
  "===": ["!=="],
  "!==": ["==="],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
};
const methods: ReadonlyMap<string, string> = new Map([
  ["some", "every"],
  ["every", "some"],
  ["startsWith", "endsWith"],
  ["endsWith", "startsWith"],
  ["min", "max"],
  ["max", "min"],
]);
/** Calls that only pick or order: the receiver itself takes their place. */
const picking = new Set(["filter", "toSorted", "sort", "slice", "toReversed", "trim"]);

/** A sentence for people: its wording is no decision. */
function isProse(text: string): boolean {
  return text.includes(" ");
}

function ofBinary(node: ts.BinaryExpression, source: ts.SourceFile): readonly Replacement[] {
  const left = node.left.getText(source);
  const right = node.right.getText(source);
  const operator = node.operatorToken.getText(source);
  if (operator === "&&" || operator === "||" || operator === "??")
    return [
      { rule: "operand", text: left },
      { rule: "operand", text: right },
    ];
  // A whole condition is forced true and false, which is more than turning it round.
  const others = (operators[operator] ?? []).slice(0, isCondition(node) ? (equality.has(operator) ? 0 : 1) : 2);
  return others.map((other) => ({ rule: "operator", text: `${left} ${other} ${right}` }));
}

function ofCall(node: ts.CallExpression, source: ts.SourceFile): readonly Replacement[] {
  if (!ts.isPropertyAccessExpression(node.expression)) return [];
  const { name, expression } = node.expression;
  const other = methods.get(name.text);
  const receiver = expression.getText(source);
  const rest = source.text.slice(name.end, node.end);
  if (other !== undefined) return [{ rule: "method", text: `${receiver}.${other}${rest}` }];
  return picking.has(name.text) ? [{ rule: "method", text: receiver }] : [];
}

function ofNumber(value: number): readonly Replacement[] {
  const others = value === 0 ? [1] : value <= 10 ? [value + 1, value - 1] : [value * 2, 0];
  return others.map((other) => ({ rule: "number", text: String(other) }));
}

/** A place where an expression decides which way to go. */
function isCondition(node: ts.Node): boolean {
  const { parent } = node;
  return (
    (ts.isIfStatement(parent) && parent.expression === node) ||
    (ts.isConditionalExpression(parent) && parent.condition === node)
  );
}

/** What a function gives back. */
function isResult(node: ts.Node): boolean {
  const { parent } = node;
  return ts.isReturnStatement(parent) || (ts.isArrowFunction(parent) && parent.body === node);
}

/** Another word here is the same as another answer of the comparison, which is planted anyway. */
function isCompared({ parent }: ts.Node): boolean {
  return ts.isBinaryExpression(parent) && parent.operatorToken.getText() in operators;
}

function ofPlace(node: ts.Expression, source: ts.SourceFile): readonly Replacement[] {
  if (isCondition(node)) return ["true", "false"].map((text) => ({ rule: "condition", text }));
  const says = ts.isStringLiteral(node) && isProse(node.text);
  return isResult(node) && !says && node.getText(source) !== "undefined" ? [{ rule: "result", text: "undefined" }] : [];
}

function ofLiteral(node: ts.Expression): readonly Replacement[] {
  if (ts.isNumericLiteral(node)) return ofNumber(Number(node.text));
  if (ts.isStringLiteral(node)) return isProse(node.text) || isCompared(node) ? [] : [{ rule: "string", text: '"~"' }];
  if (ts.isTemplateExpression(node)) return [{ rule: "string", text: '"~"' }];
  if (ts.isArrayLiteralExpression(node)) return node.elements.length > 0 ? [{ rule: "list", text: "[]" }] : [];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [{ rule: "boolean", text: "false" }];
  return node.kind === ts.SyntaxKind.FalseKeyword ? [{ rule: "boolean", text: "true" }] : [];
}

function ofKind(node: ts.Expression, source: ts.SourceFile): readonly Replacement[] {
  if (ts.isBinaryExpression(node)) return ofBinary(node, source);
  if (ts.isCallExpression(node)) return ofCall(node, source);
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return [{ rule: "not", text: node.operand.getText(source) }];
  return ofLiteral(node);
}

/** The bugs that can be planted in the place of `node`. */
export function replacementsOf(node: ts.Expression, source: ts.SourceFile): readonly Replacement[] {
  const all = [...ofPlace(node, source), ...ofKind(node, source)];
  const own = node.getText(source);
  return all.filter(({ text }, index) => text !== own && all.findIndex((other) => other.text === text) === index);
}

/** Statements that do something and can be left out. */
export function isDroppable(node: ts.Node, source: ts.SourceFile): node is ts.Statement {
  if (ts.isThrowStatement(node) || ts.isContinueStatement(node)) return true;
  if (ts.isReturnStatement(node)) return node.expression === undefined;
  return ts.isExpressionStatement(node) && !/^(void )?(this\.)?([#\w.]*\.)?#?log\??\./.test(node.getText(source));
}

/** What is written for people, or is no code that runs. */
export function isLeftAlone(node: ts.Node): boolean {
  if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return true;
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  return (
    ts.isTemplateExpression(node) && isProse(node.head.text + node.templateSpans.map((s) => s.literal.text).join(""))
  );
}
