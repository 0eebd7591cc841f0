/** The rooms and who may import whom (docs/architecture.md). Type imports count. */
const room = (name) => `^controller/${name}/`;
const npm = ["npm", "npm-dev", "npm-no-pkg"];

/** A room that sees itself and what is listed, of our own files. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { pathNot: [from, ...allowed], dependencyTypesNot: ["core", ...npm] },
});

/** An external package has owner files; nobody else in controller/ imports it. */
const owned = (module, owners) => ({
  name: `${module}-only-in-its-owner`,
  comment: `Only ${owners.join(", ")} may import ${module}: its ways stay behind one door.`,
  severity: "error",
  from: { path: "^controller/", pathNot: owners.map((owner) => `^controller/${owner}$`) },
  to: { path: `^node_modules/${module}/` },
});

/** Inside a large room the folders stand on each other: none imports one named after it. */
const floors = (name, folders) =>
  folders.slice(0, -1).map((folder, at) => ({
    name: `${name}-${folder}-stands-below`,
    comment: `${name}/${folder}/ is used by ${folders.slice(at + 1).join(", ")}, and knows none of them.`,
    severity: "error",
    from: { path: `${room(name)}${folder}/` },
    to: { path: `${room(name)}(${folders.slice(at + 1).join("|")})/` },
  }));

const ports = [
  "^controller/providers/port\\.ts$",
  "^controller/providers/omada(Port|Seen)\\.ts$",
  "^controller/health/port\\.ts$",
];

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Files that need each other are one file, or miss a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphans",
      comment: "Nobody reaches this file.",
      severity: "error",
      from: { orphan: true, pathNot: ["^controller/main\\.ts$", "^hack/", "\\.test\\.ts$", "^test/[^/]+/main\\.ts$"] },
      to: {},
    },
    {
      name: "no-unlisted-packages",
      comment: "What runs comes from dependencies in package.json, not from devDependencies or by chance.",
      severity: "error",
      from: { path: "^controller/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown", "unknown"] },
    },
    {
      name: "resolvable",
      comment: "An import that leads nowhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    only("base-stands-alone", room("base"), [], "base/ is the words everybody may use; it knows nobody."),
    only("api-is-declarations", room("api"), [room("base")], "api/ says what users write."),
    only("plan-is-pure", room("plan"), [room("api"), room("base"), ...ports], "plan/ decides on what it is given."),
    {
      name: "plan-sees-ports-as-types",
      comment: "plan/ reads what a port reported; it cannot call one.",
      severity: "error",
      from: { path: room("plan") },
      to: { path: ports, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "pure-rooms-use-no-node",
      comment: "api/ and plan/ are pure.",
      severity: "error",
      from: { path: [room("api"), room("plan")] },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "pure-rooms-use-few-packages",
      comment: "api/ and plan/ take packages that only compute.",
      severity: "error",
      from: { path: [room("api"), room("plan")] },
      to: { dependencyTypes: ["npm"], pathNot: "^node_modules/(zod|ipaddr\\.js|croner)/" },
    },
    only(
      "runtime-knows-no-kind-and-no-provider",
      room("runtime"),
      [room("base"), "^controller/api/(kind|meta)\\.ts$", "^controller/plan/(action|policy)\\.ts$"],
      "runtime/ is the machine for any kind.",
    ),
    only(
      "health-knows-no-kind-and-no-provider",
      room("health"),
      [room("base")],
      "health/ probes what it is told to probe.",
    ),
    only(
      "providers-speak-through-ports",
      "^controller/providers/([^/]+)/",
      ["^controller/providers/$1/", "^controller/providers/shared/", ...ports, room("base")],
      "A provider never sees a kind, the store, the API server or another provider.",
    ),
    only(
      "what-providers-share-knows-none-of-them",
      "^controller/providers/shared/",
      ["^controller/providers/port\\.ts$", room("base")],
      "Lines, TLS identity, breaker, silence after refused credentials and the poller are the same for any product.",
    ),
    {
      name: "ports-are-types",
      comment: "A port says what is asked, not how: it takes nothing with it at run time.",
      severity: "error",
      from: { path: ports },
      to: { dependencyTypesNot: ["type-only"] },
    },
    only(
      "ports-stand-low",
      "^controller/(providers|health)/port\\.ts$",
      [room("base"), "^controller/api/meta\\.ts$", "^controller/providers/portConfig\\.ts$"],
      "A port is spoken by both sides.",
    ),
    only(
      "reconcilers-glue",
      room("reconcilers"),
      [room("runtime"), room("plan"), room("api"), room("base"), ...ports],
      "reconcilers/ see kinds, plans and ports; never a provider, a probe or a client.",
    ),
    only(
      "import-reads-through-the-port",
      room("import"),
      [room("api"), room("base"), ...ports],
      "import/ turns what a provider reads into manifests; it needs no Kubernetes.",
    ),
    only(
      "preview-foresees",
      room("preview"),
      [
        room("reconcilers"),
        room("runtime"),
        room("plan"),
        room("api"),
        room("base"),
        "^controller/import/connectionFlags\\.ts$",
        ...ports,
      ],
      "preview/ runs what decides and nothing that acts; it sees ports, never a provider.",
    ),
    ...floors("plan", ["layers", "guests", "cluster", "network", "snapshots", "foresight"]),
    ...floors("reconcilers", ["shared", "lab", "guests", "snapshots", "network", "wakes"]),
    {
      name: "nobody-imports-main",
      comment: "The composition root knows everybody; nobody knows it.",
      severity: "error",
      from: { path: "^controller/", pathNot: "^controller/main\\.ts$" },
      to: { path: "^controller/main\\.ts$" },
    },
    {
      name: "no-code-depends-on-tests",
      comment: "controller/ stands without test/ and hack/.",
      severity: "error",
      from: { path: "^controller/", pathNot: "^controller/main\\.ts$" },
      to: { path: ["^test/", "^hack/"] },
    },
    {
      name: "main-embeds-the-control-plane-only",
      comment: "--standalone brings a control plane, the same that tests and demo use, through one door.",
      severity: "error",
      from: { path: "^controller/main\\.ts$" },
      to: { path: ["^test/", "^hack/"], pathNot: "^hack/standalone\\.ts$" },
    },
    only(
      "control-plane-stands-alone",
      "^hack/controlplane/",
      [],
      "It ships with the controller (--standalone), so it takes nothing else of hack/ with it.",
    ),
    owned("@kubernetes/client-node", ["runtime/kubeClient\\.ts", "runtime/kubeconfig\\.ts"]),
    owned("proxmox-api", ["providers/proxmox/(engine|lines)\\.ts"]),
    owned("undici", ["providers/shared/(tls|lines)\\.ts", "runtime/(kubeHttp|kubeconfig)\\.ts"]),
    owned("cockatiel", ["providers/shared/(breaker|limit)\\.ts"]),
    owned("croner", ["plan/snapshots/schedule\\.ts"]),
    owned("winston", ["base/winston\\.ts"]),
    owned("prom-client", ["runtime/metrics\\.ts"]),
    owned("fast-json-patch", ["runtime/patches\\.ts"]),
  ],
  options: {
    doNotFollow: { path: "^node_modules/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
