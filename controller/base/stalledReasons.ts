/** Ready=False with Stalled=True: only a person can help. */
const stuck = (means: string, cure: string) => ({ ready: "False", with: "Stalled", means, cure }) as const;

/** Reasons that need a person; part of `reasons`. */
export const stalledReasons = {
  StoppedByHand: stuck(
    "A person stopped the guest, and that is respected.",
    "Start it in Proxmox, or annotate it restarted-at with a new value, when it should run again.",
  ),
  Halted: stuck(
    "The layer did not get healthy in time, so the layers above stay down; or a guest did not stop, so the layers below stay up.",
    "Look at the guests that the message names. To go on all the same, write healthGate.onTimeout: Proceed or a smaller quorum.",
  ),
  RestartLimit: stuck(
    "The guest was restarted recovery.maxRestarts times within its window and failed again, so it is left alone.",
    "Find out why it fails (status.lastIncident, its own log); then annotate it restarted-at with a new value.",
  ),
  LeftoverLock: stuck(
    "The guest has been locked for a minute without any task that holds the lock.",
    "Make sure that nothing works on it, then run the unlock command in the message on its node (pct unlock, qm unlock).",
  ),
  GuestNotOwned: stuck(
    "A guest with this vmid exists and does not carry our mark, so it is not touched.",
    "If it is the one you mean, write adoption: Adopt, or management: Power to only start and stop it; else correct the vmid.",
  ),
  GuestDiffers: stuck(
    "The guest with this vmid has another name than hostname says, so it is not touched.",
    "Correct vmid or hostname.",
  ),
  GuestTypeDiffers: stuck(
    "The guest with this vmid is of the other type: a VM where a container is declared, or the reverse.",
    "Declare it as the other kind, or correct the vmid.",
  ),
  NotMigrated: stuck(
    "Its spec.node was changed, and the guest cannot be migrated to that node, or the try failed; it stays where it is.",
    "Do what the message says, or write the node where it is into spec.node. What only was in the way is looked at again every five minutes.",
  ),
  GuestVanished: stuck(
    "The guest existed and is gone; it is not created again by itself, for a restore may be under way.",
    "Restore it from a backup and it heals; for a new one, annotate the object recreate: <vmid>.",
  ),
  GuestMissing: stuck(
    "There is no guest with this vmid, and management does not allow to create one.",
    "Create or restore it in Proxmox, correct the vmid, or write management: Full with a template.",
  ),
  VmidTaken: stuck(
    "Another object of the namespace declares the same vmid and comes first.",
    "Give one of the two another vmid, or delete it; the message names the other.",
  ),
  VlanTaken: stuck(
    "Another NetworkSegment of the namespace has the same VLAN and comes first, or another network of the Omada site has it.",
    "Correct one of the two; the message names the other.",
  ),
  CidrOverlaps: stuck(
    "The addresses overlap those of another NetworkSegment of the namespace that comes first, or of another network of the Omada site.",
    "Correct one of the two; the message names the other.",
  ),
  FramesTooShort: stuck(
    "The segment's MTU needs longer frames than a switch of its Omada site passes.",
    "Raise Jumbo of the switch in Omada, or write a smaller mtu; the message has both values.",
  ),
  BroadcastDiffers: stuck(
    "The SSID is not broadcast by the access points that deviceRefs names, in a way that this controller doesn't change.",
    "Do what the message says: an access point is in one WLAN group, may override it, and every SSID of a group goes to the same ones.",
  ),
  NetworkNotOwned: stuck(
    "Something of this name exists in Omada and is not known to be this object's, so it is not touched.",
    "If it is the one you mean, write adoption: Adopt, which changes nothing of it; else take another name.",
  ),
  NetworkVanished: stuck(
    "It existed in Omada and is gone; what was adopted is not made again by itself.",
    "Make it again in Omada and it heals; or write driftPolicy: Correct to have it made.",
  ),
  DeviceMissing: stuck(
    "The site has no adopted device with this MAC.",
    "Adopt it in Omada, or correct the MAC: it is on the device's label.",
  ),
  DeviceDiffers: stuck(
    "The device with this MAC is of another role or model than declared, so it is not touched.",
    "Correct mac, role or model.",
  ),
  WiringDiffers: stuck(
    "A cable is in another device or port than declared.",
    "Put it back, or correct uplink; nothing is changed for it.",
  ),
  AddressWrong: stuck(
    "A Static address does not fit the segment it is in, or is taken.",
    "Correct the address, or the segment, as the message says.",
  ),
  DependencyCycle: stuck(
    "The chain of dependsOn leads back to where it began, or to a layer above, so there is no order.",
    "Take one link out of the path in the message.",
  ),
  SnapshotUnsupported: stuck(
    "The storage of a guest cannot make snapshots.",
    "Move its volumes to storage that can (ZFS, LVM-thin, Ceph, qcow2 files), or leave it out of the policy. A guest that is not changed for want of a snapshot is changed again once its policy has beforeUpdate: false.",
  ),
  SnapshotFailed: stuck(
    "A guest has no snapshot of the last run, or none before its update, although it was tried.",
    "Read Proxmox's own text in the message; the next run, or the next try before the update, comes by itself.",
  ),
  SpecInvalid: stuck(
    "The spec cannot be understood; this object is left alone and nothing else is affected.",
    "Correct the fields in the message. Such a spec was stored under another schema: apply the current CRDs too.",
  ),
  WouldLoseData: stuck(
    "What is declared would shrink, move, exchange or detach a volume; or destroying the guest would lose more than the guest. The message says what.",
    "For a volume: do what the message says, or declare what is there. Before a deletion: remove or save what is listed; data volumes alone go with the annotation delete-data: <vmid>.",
  ),
  RootOnly: stuck(
    "Proxmox lets only root@pam set what is declared, and no API token.",
    "Run the command in the message on the node, or take the field out of the spec.",
  ),
  WouldLockOut: stuck(
    "The change would cut the controller off from what it controls, so it is not made.",
    "Make the change by hand, from a place that stays connected.",
  ),
  ProtectionOn: stuck(
    "The guest's protection flag is on in Proxmox, so it is not destroyed.",
    'Switch the flag off in the guest\'s options in Proxmox, or keep the guest with the annotation force-delete: "true".',
  ),
  TagForbidden: stuck(
    "Proxmox does not let our token write its tag, so the guest cannot be marked.",
    "Allow it in the datacenter option user-tag-access, as the message says, or use management: Power, which needs no mark.",
  ),
  PermissionMissing: stuck(
    "The token lacks a privilege; the message names it and its path.",
    "Give the token's role that privilege on that path (pveum acl modify). It is looked at again every five minutes.",
  ),
  Unauthorized: stuck(
    "Proxmox does not accept the token.",
    "Check tokenId (user@realm!name) and tokenSecret in the Secret, and that the token has not expired. A changed Secret is tried at once.",
  ),
  CertificateMismatch: stuck(
    "The host shows a certificate that is not the expected one; nothing was sent to it.",
    "If the certificate was renewed, write the fingerprint in the message into tls.fingerprints. If not, find out who answers.",
  ),
  SecretMissing: stuck(
    "The Secret, or one of its keys, does not exist.",
    'Create it as the message says. An object being deleted can be dropped with the annotation force-delete: "true".',
  ),
  NotInCharge: stuck(
    "The namespace has an older Homelab, and that one is in charge.",
    "Delete one of the two: one namespace is one homelab.",
  ),
  HeldByBrake: stuck(
    "More would be destroyed within ten minutes than brake.maxDestroys allows; the message has the list.",
    "If the list is right, annotate the Homelab confirm-destroys with the hash in the message; if not, apply what is missing again.",
  ),
  HandedOver: stuck(
    "Another object of the namespace declares this vmid now, so the deletion touches nothing.",
    "Nothing: the other object has taken the guest over.",
  ),
  ConfirmProtection: stuck(
    "The controller could not find out which guest it runs in, so it stops nothing.",
    "Write that guest into the ProxmoxCluster's protectedVmids, or an empty list if the controller runs outside.",
  ),
  AnotherControllerActs: stuck(
    "Somebody else uses our token: a task ran that this controller did not start, so it changes nothing.",
    "Switch the other controller off or give it a token of its own, then annotate the Homelab take-over with a new value.",
  ),
  RefusedByProvider: stuck(
    "Proxmox or Omada refuses the request: a storage, template, bridge or value of the spec is wrong.",
    "The message has the product's own text; correct the spec or make what is missing. It is looked at again every five minutes.",
  ),
  StorageFull: stuck(
    "The storage has no room for what is asked.",
    "Make room on the storage that the message names, or ask for less.",
  ),
  TaskFailed: stuck(
    "A task of ours ended with an error that does not pass by itself; the message has its text.",
    "Open the task in the Proxmox UI, mend the cause, then annotate the object restarted-at with a new value.",
  ),
  BridgeMissing: stuck(
    "A node has no such bridge, or the bridge is not VLAN-aware, or its MTU is too small.",
    "Set up the bridge in the node's network settings, or correct the NetworkSegment.",
  ),
  StopRefused: stuck(
    "The guest did not shut down in its time, and shutdown.force is off.",
    "Look into the guest: something keeps it from stopping. To have it killed after the timeout, write shutdown.force: true.",
  ),
} as const;
