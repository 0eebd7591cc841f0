/** Ready=False with Reconciling=True: it goes on by itself. */
const goesOn = (means: string, cure = "") => ({ ready: "False", with: "Reconciling", means, cure }) as const;

/** Reasons of waiting and of working; part of `reasons`. */
export const waitingReasons = {
  Snapshotting: goesOn("A snapshot of a guest is being made or removed, or a failed one is about to be tried again."),
  HomelabMissing: goesOn(
    "The namespace has no Homelab in charge, so nothing is changed.",
    'Apply a Homelab: it is the go switch. To drop an object that waits for its deletion instead, annotate it force-delete: "true"; the guest stays as it is.',
  ),
  LayerMissing: goesOn(
    "The HomelabLayer that is named does not exist; nothing is started or stopped for it.",
    "Apply the layer, or correct layerRef or dependsOn.",
  ),
  LayerNotReady: goesOn(
    "A layer below has not opened its gate in this boot, so the first start waits.",
    "Nothing, unless it lasts: then look at the layer that the message names.",
  ),
  ClusterMissing: goesOn(
    "The ProxmoxCluster that is named does not exist, or none is named and the namespace does not have exactly one.",
    'Apply it, or write clusterRef. An object being deleted can be dropped with the annotation force-delete: "true".',
  ),
  DependencyMissing: goesOn(
    "A guest, segment or device that dependsOn or a reference names does not exist.",
    "Apply it, or take the reference out.",
  ),
  DependencyNotReady: goesOn(
    "A guest that this one depends on is not healthy, so the first start waits.",
    "Look at the guest that the message names.",
  ),
  MembersMissing: goesOn(
    "Fewer objects name this layer than healthGate.minMembers asks for, so its gate stays closed.",
    "Apply the members, or write minMembers: 0 if the layer may be empty.",
  ),
  PreflightFailing: goesOn(
    "A blocking preflight check fails, so the first layer waits until it passes or its timeout ends.",
    "Check what the message names, usually the line to the outside; or make the check a warning with onFailure: Warn.",
  ),
  ControllerGuestDown: goesOn(
    "The guest that hosts the network controller is not healthy yet; network objects wait for it.",
    "Nothing; if it lasts, look at that guest.",
  ),
  ControllerMissing: goesOn(
    "The OmadaController that is named does not exist, or none is named and the namespace does not have exactly one.",
    'Apply it, or write controllerRef. An object being deleted can be dropped with the annotation force-delete: "true".',
  ),
  ControllerNotReady: goesOn(
    "The OmadaController cannot be used, so network objects wait for it.",
    "Look at the OmadaController object: it says what is wrong.",
  ),
  SiteBusy: goesOn(
    "Another write to the Omada site is under way or was not seen yet, or Omada itself is busy; one is sent at a time.",
    "Nothing; it goes on by itself.",
  ),
  NetworkInUse: goesOn(
    "Ports, SSIDs, rules or reservations still use it, so it is not taken away.",
    "Take it off what the message names; it goes on by itself.",
  ),
  VlanNotCarried: goesOn(
    "A switch port on the way does not carry the VLAN, so it is not used yet.",
    "Let the port that the message names carry it; it goes on by itself.",
  ),
  GuestBusy: goesOn(
    "The guest has a lock or a task that is not ours (a backup, a snapshot, a migration), and is left alone until it ends.",
    "Nothing; the Proxmox task list shows what runs.",
  ),
  NodeStopping: goesOn(
    "The node is stopping its guests; whether it reboots or stays up decides what follows.",
    "Nothing. If the node stays up, its guests count as stopped by hand two minutes after its task.",
  ),
  NodeStarting: goesOn(
    "The node is starting its guests by itself; those with onboot are left to it until it is done.",
    "Nothing; to leave the order to the controller, set proxmoxStartup on the Homelab.",
  ),
  DeletionPending: goesOn(
    "The guest will be stopped and destroyed once a minute has passed, as deletionPolicy: Delete asks.",
    'To keep it, declare its vmid again in an object of this namespace, or annotate this one force-delete: "true".',
  ),
  Unreachable: goesOn(
    "Proxmox did not take the last call; it is tried again, with growing pauses.",
    "Nothing, unless it lasts: then look at the ProxmoxCluster object.",
  ),
  Creating: goesOn("The guest is being created."),
  Starting: goesOn("The guest was started and its probes have not all succeeded yet."),
  Migrating: goesOn(
    "Its spec.node was changed, and the guest is migrated to that node; of each node one guest at a time.",
    "Nothing; the Proxmox task list shows how far it is.",
  ),
  Stopping: goesOn("It is being shut down gracefully."),
  Gating: goesOn("The layer's members are starting; its gate opens when the quorum is healthy."),
  Booting: goesOn("The lab is coming up, layer by layer."),
  Recovering: goesOn("Something failed and is being repaired."),
  Degraded: goesOn(
    "Something is not healthy, and no repair is under way; everything else goes on.",
    "The message names what; look at its object.",
  ),
  ProbeFailing: goesOn(
    "The guest runs and a probe fails.",
    "status.probes says which and why. Check the service inside the guest, and the probe's port and host.",
  ),
  NoAddress: goesOn(
    "The guest runs, and no address of it was observed within its start-up time, so its probes ask nobody.",
    "Check its DHCP; for a VM install the guest agent; or write host in the probes.",
  ),
  IntentSettling: goesOn(
    "Declarations are still arriving; the first start waits until they have been quiet for two seconds.",
  ),
  Adopting: goesOn("The mark is being written on an existing guest; nothing else of it changes."),
  Configuring: goesOn("A setting of the guest is being written."),
  Deleting: goesOn("The guest is being destroyed, as deletionPolicy: Delete asks."),
  Connecting: goesOn("The first answer of Proxmox is awaited."),
  ProviderFailed: goesOn(
    "Proxmox answered with an error that may pass; it is tried again, with growing pauses.",
    "The message has Proxmox's own text. If it lasts, look at the task in the Proxmox UI.",
  ),
  InternalError: goesOn(
    "The controller itself failed on this object; it is tried again, with growing pauses.",
    "The log has the details; please report it with them.",
  ),
  SegmentMissing: goesOn(
    "The NetworkSegment that an interface names does not exist.",
    "Apply it, or write bridge instead of segmentRef.",
  ),
  BackingOff: goesOn(
    "The last try failed, and the next one waits a while; the pauses grow.",
    "The message has the last error. The restarted-at annotation asks for a try at once.",
  ),
  NewObject: goesOn("The object was just seen for the first time."),
  LeaseNotHeld: goesOn(
    "This controller does not hold the lease, so it changes nothing.",
    "Nothing; it goes on when it holds the lease again, or another instance takes over.",
  ),
} as const;
