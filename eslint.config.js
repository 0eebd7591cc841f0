import tseslint from "typescript-eslint";

/** Time and randomness are arguments (`Clock`); what is written for people goes through `Log`. */
const clockAndConsole = [
  ...["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "performance"].map((name) => ({
    name,
    message: "Time is an argument: take a Clock (base/clock.ts).",
  })),
  { name: "console", message: "Take a Log (base/log.ts)." },
];
const clockProperties = [
  { object: "Date", property: "now", message: "Time is an argument: take a Clock (base/clock.ts)." },
  { object: "Math", property: "random", message: "Chance is an argument." },
];
/** `Date.parse(text)` and `new Date(ms)` compute; these two read a clock. */
const clockSyntax = ["NewExpression[callee.name='Date'][arguments.length=0]", "CallExpression[callee.name='Date']"].map(
  (selector) => ({ selector, message: "Time is an argument: take a Clock (base/clock.ts)." }),
);
const timerModules = ["node:timers", "node:timers/promises", "node:perf_hooks"].map((name) => ({
  name,
  message: "Time is an argument: take a Clock (base/clock.ts).",
}));

const clockOfTheMachine = {
  group: ["**/base/clock.ts"],
  importNames: ["systemClock"],
  message: "Time is an argument: the composition root hands in the clock of the machine.",
};

/** Decisions and declarations: no I/O, no waiting, no ambient state. */
const impure = [
  ...["fetch", "process", "performance", "crypto", "queueMicrotask", "globalThis"].map((name) => ({
    name,
    message: "api/ and plan/ are pure: what they need is an argument.",
  })),
  ...clockAndConsole.filter(({ name }) => name !== "performance"),
];
const waiting = [
  { selector: "AwaitExpression", message: "api/ and plan/ are pure: nothing to wait for." },
  { selector: ":function[async=true]", message: "api/ and plan/ are pure: nothing to wait for." },
  { selector: "ForOfStatement[await=true]", message: "api/ and plan/ are pure: nothing to wait for." },
];

export default tseslint.config(
  { ignores: ["node_modules/", "dist/", "coverage/", "docs/", "crds/", "manifests/"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // A switch counts once: an exhaustive switch over a union is how decisions are written here.
      // `?.` and `??` count as branches; in a projection of optional fields they are no decisions, hence 12 and not 10.
      complexity: ["error", { max: 12, variant: "modified" }],
      "max-params": "off",
      // The twin that does not count a `this` parameter. Four, and the AbortSignal, which is always the last.
      "@typescript-eslint/max-params": ["error", { max: 5 }],
      "max-depth": ["error", 3],
      "max-lines": ["error", { max: 250 }],
      "max-lines-per-function": ["error", { max: 60 }],
      "no-restricted-exports": ["error", { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // `const { secret: _secret, ...rest } = object` is how a field is left out.
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      // Numbers read the same in a sentence as anywhere; objects and undefined do not.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `() => void | Promise<void>` is how a callback that may be asynchronous is written.
      "@typescript-eslint/no-invalid-void-type": "off",
      // A union of object shapes reads better as types, a port as an interface: both are wanted.
      "@typescript-eslint/consistent-type-definitions": "off",
      // A type parameter used once still documents what a caller gets back.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      // A listener that has nothing to do is an empty function.
      "@typescript-eslint/no-empty-function": "off",
      // A port is asynchronous because of its real adapter; another may know the answer at once.
      "@typescript-eslint/require-await": "off",
      // tsc forbids `record.key` for index signatures (noPropertyAccessFromIndexSignature); this rule wants it.
      "@typescript-eslint/dot-notation": "off",
    },
  },
  {
    files: ["controller/**/*.ts"],
    ignores: ["controller/base/clock.ts", "controller/base/winston.ts"],
    rules: {
      "no-restricted-globals": ["error", ...clockAndConsole],
      "no-restricted-properties": ["error", ...clockProperties],
      "no-restricted-syntax": ["error", ...clockSyntax],
      "no-restricted-imports": ["error", { paths: timerModules }],
    },
  },
  {
    files: ["controller/*/**/*.ts"],
    ignores: ["controller/base/clock.ts"],
    rules: { "no-restricted-imports": ["error", { paths: timerModules, patterns: [clockOfTheMachine] }] },
  },
  {
    // The composition root: here the world is let in.
    files: ["controller/main.ts"],
    rules: { "no-restricted-properties": "off" },
  },
  {
    // The composition root is where chance comes from.
    files: ["controller/main.ts"],
    rules: { "no-restricted-properties": "off" },
  },
  {
    files: ["controller/api/**/*.ts", "controller/plan/**/*.ts"],
    rules: {
      "no-restricted-globals": ["error", ...impure],
      "no-restricted-syntax": ["error", ...clockSyntax, ...waiting],
      "no-restricted-imports": [
        "error",
        { patterns: [clockOfTheMachine, { group: ["node:*"], message: "api/ and plan/ are pure: no platform." }] },
      ],
    },
  },
  {
    files: ["controller/**/port.ts", "controller/runtime/kube.ts"],
    rules: {
      // Most of a port is its documentation.
      "max-lines": ["error", { max: 250, skipComments: true, skipBlankLines: true }],
      "no-restricted-syntax": [
        "error",
        {
          selector: "ExportNamedDeclaration > FunctionDeclaration",
          message: "A port is types: what is asked, not how.",
        },
        {
          selector: "ExportNamedDeclaration > VariableDeclaration",
          message: "A port is types: what is asked, not how.",
        },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      // A `describe` holds many cases, and a table of cases has no natural place to be cut.
      "max-lines-per-function": "off",
      // chai's assertions are expressions: `expect(x).to.be.empty`.
      "@typescript-eslint/no-unused-expressions": "off",
      // A test that finds nothing where something must be fails by itself at that line.
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  {
    files: ["test/**/*.test.ts"],
    rules: { "max-lines": "off" },
  },
);
