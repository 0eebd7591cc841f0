import type { Call, Route } from "../route.ts";

/** Who the controller is; needs nobody. */
export const INFO_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/api/info",
    open: true,
    handle: ({ lab }: Call) => ({
      controllerVer: lab.version.controllerVer,
      apiVer: "3",
      configured: true,
      type: 1,
      supportApp: true,
      omadacId: lab.omadacId,
      registeredRoot: true,
      omadacCategory: "advanced",
      mspMode: false,
    }),
  },
];
