import { keyText, type Key, type Stored } from "../../controller/api/meta.ts";
import { kubeSuite, LAMP, type KubeSubject } from "../cluster/kubeSuite.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeKube } from "../fakes/kube.ts";

class FakeSubject implements KubeSubject {
  readonly kube = new FakeKube(new FakeClock());
  readonly namespace = "home";

  constructor() {
    this.kube.uninstall("Nothing");
  }

  apply(name: string, bright: number): Promise<Stored> {
    const metadata = { name, namespace: this.namespace };
    return Promise.resolve(this.kube.apply({ kind: LAMP.kind, metadata, spec: { bright } }));
  }

  annotate(key: Key, annotations: Readonly<Record<string, string>>): Promise<void> {
    this.kube.annotate(key, annotations);
    return Promise.resolve();
  }

  delete(key: Key): Promise<void> {
    this.kube.delete(key);
    return Promise.resolve();
  }

  putSecret(name: string, data: Readonly<Record<string, string>>): Promise<void> {
    this.kube.putSecret(this.namespace, name, data);
    return Promise.resolve();
  }

  async tooOld(): Promise<string> {
    const { resourceVersion } = await this.kube.list(LAMP, this.namespace, new AbortController().signal);
    this.kube.expire();
    return resourceVersion;
  }

  eventsOf(key: Key): Promise<readonly string[]> {
    const told = this.kube.events.filter((event) => event.about === keyText(key));
    return Promise.resolve(told.map((event) => `${event.reason}: ${event.message}`));
  }
}

describe("the fake API server", () => {
  let subject = new FakeSubject();
  beforeEach(() => {
    subject = new FakeSubject();
  });
  kubeSuite(() => subject);
});
