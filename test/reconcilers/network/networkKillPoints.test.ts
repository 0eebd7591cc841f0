import { killedEverywhere } from "../killPoints.ts";
import { networkCourses } from "./networkKillCourses.ts";
import { unreadPort } from "./networkKillDevices.ts";
import { storyOf, versions } from "./networkKillSite.ts";

describe("A2, A3, N4: killed at any call to Omada, the next process ends what was begun, makes nothing twice and touches nothing of others", function () {
  this.timeout(60_000);
  for (const version of versions)
    for (const course of networkCourses(version))
      it(`${version}: ${course.what}`, async () => {
        await killedEverywhere(storyOf(course, version));
      });
  it("6.2.10.17: a port whose networks nobody can read is written", async () => {
    await killedEverywhere(unreadPort());
  });
});
