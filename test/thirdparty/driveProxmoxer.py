"""Drives a Proxmox VE API with proxmoxer as its users do. Arguments: host:port, CA file, template, token id, token secret."""

import json
import sys

from proxmoxer import ProxmoxAPI, ResourceException
from proxmoxer.tools import Tasks

host, ca, template, token_id, token_secret = sys.argv[1:6]
user, token_name = token_id.split("!")


def told(what, **facts):
    print(json.dumps({"step": what, **facts}), flush=True)


def life(name, proxmox, vmid):
    """Create, start, look at, stop and destroy one container, following each task."""
    follow, node = follower(proxmox), proxmox.nodes(proxmox.nodes.get()[0]["node"])
    created = follow(node.lxc.post(vmid=vmid, ostemplate=template, rootfs="local-zfs:1", hostname=name, memory=256, unprivileged=1))
    config = node.lxc(vmid).config.get()
    upid = node.lxc(vmid).status.start.post()
    started = follow(upid)
    log = Tasks.decode_log(node.tasks(upid).log.get())
    running = node.lxc(vmid).status.current.get()["status"]
    stopped = follow(node.lxc(vmid).status.stop.post())
    destroyed = follow(node.lxc(vmid).delete(purge=1))
    told(
        name, created=created, hostname=config["hostname"], started=started, running=running, stopped=stopped,
        destroyed=destroyed, decoded=Tasks.decode_upid(upid)["type"], log=log,
        left=[guest["vmid"] for guest in node.lxc.get()],
    )


def follower(proxmox):
    def follow(upid):
        done = Tasks.blocking_status(proxmox, upid, timeout=30, polling_interval=0.05)
        return done["exitstatus"] if done else "timeout"

    return follow


def container(proxmox, vmid, copy):
    """Snapshot, change, roll back, resize, clone and move one container."""
    follow, node = follower(proxmox), proxmox.nodes("pve1")
    follow(node.lxc.post(vmid=vmid, ostemplate=template, rootfs="local-zfs:1", hostname="kept", memory=256, unprivileged=1, start=1))
    ct = node.lxc(vmid)
    snapped = follow(ct.snapshot.post(snapname="before", description="by proxmoxer"))
    ct.config.put(memory=512, nameserver="1.1.1.1,9.9.9.9")
    listed = sorted(each["name"] for each in ct.snapshot.get())
    resized = follow(ct.resize.put(disk="rootfs", size="+1G"))
    rootfs = ct.config.get()["rootfs"]
    try:
        ct.resize.put(disk="rootfs", size="1G")
        shrunk = "yes"
    except ResourceException as error:
        shrunk = error.content
    back = follow(ct.snapshot("before").rollback.post())
    memory = ct.config.get()["memory"]
    cloned = follow(ct.clone.post(newid=copy, hostname="copy", snapname="before", full=1))
    name = node.lxc(copy).config.get()["hostname"]
    moved = follow(ct.migrate.post(target="pve2", restart=1))
    where = [each["node"] for each in proxmox.cluster.resources.get(type="vm") if each["vmid"] == vmid]
    gone = follow(proxmox.nodes("pve2").lxc(vmid).snapshot("before").delete())
    follow(node.lxc(copy).delete())
    follow(proxmox.nodes("pve2").lxc(vmid).delete(force=1, purge=1))
    told(
        "container", snapped=snapped, listed=listed, resized=resized, rootfs=rootfs, shrunk=shrunk, back=back, memory=memory,
        cloned=cloned, name=name, moved=moved, where=where, gone=gone,
    )


def machine(proxmox, vmid, copy):
    """Create, configure, start, ask, snapshot, resize, clone and move one virtual machine."""
    follow, node = follower(proxmox), proxmox.nodes("pve1")
    created = follow(node.qemu.post(
        vmid=vmid, name="vm", memory=1024, cores=2, scsihw="virtio-scsi-single", scsi0="local-zfs:4,ssd=1", agent=1,
        ide2="local-zfs:cloudinit", net0="virtio,bridge=vmbr0", ciuser="ops", ipconfig0="ip=dhcp", ostype="l26",
    ))
    vm = node.qemu(vmid)
    started = follow(vm.status.start.post())
    while True:
        try:
            vm.agent.ping.post()
            break
        except ResourceException as error:
            if "not running" not in error.content:
                raise
    interfaces = [each["name"] for each in vm.agent("network-get-interfaces").get()["result"]]
    configured = follow(vm.config.post(cores=4, description="changed"))
    waiting = {each["key"]: each["pending"] for each in vm.pending.get() if "pending" in each}
    snapped = follow(vm.snapshot.post(snapname="before", vmstate=1))
    resized = follow(vm.resize.put(disk="scsi0", size="+1G"))
    shrunk = follow(vm.resize.put(disk="scsi0", size="1G"))
    cloned = follow(vm.clone.post(newid=copy, name="copy", full=1))
    fresh = node.qemu(copy).config.get()["net0"] != vm.config.get()["net0"]
    held = follow(vm.migrate.post(target="pve2", online=1, **{"with-local-disks": 1}))
    follow(vm.snapshot("before").delete())
    moved = follow(vm.migrate.post(target="pve2", online=1, **{"with-local-disks": 1}))
    vm = proxmox.nodes("pve2").qemu(vmid)
    stopped = follow(vm.status.stop.post())
    follow(node.qemu(copy).delete())
    destroyed = follow(vm.delete(purge=1))
    told(
        "machine", created=created, started=started, interfaces=interfaces, configured=configured, waiting=waiting,
        snapped=snapped, resized=resized, shrunk=shrunk, cloned=cloned, fresh=fresh, held=held, moved=moved, stopped=stopped,
        destroyed=destroyed,
    )


def refusal(call, **values):
    """What is said of a call that must be refused: status, text, and the fields by name."""
    try:
        return {"done": call(**values)}
    except ResourceException as error:
        fields = error.errors if isinstance(error.errors, dict) else {}
        return {"status": error.status_code, "text": error.content, **({"fields": sorted(fields)} if fields else {})}


def settings(proxmox, vmid):
    """Change one that runs: what is in effect at once, what waits, what is taken back, and whose change is newer."""
    follow, node = follower(proxmox), proxmox.nodes("pve1")
    follow(node.qemu.post(vmid=vmid, name="set", memory=1024, cores=1, scsi0="local-zfs:4", net0="virtio,bridge=vmbr0", ostype="l26"))
    vm = node.qemu(vmid)
    follow(vm.status.start.post())
    read = vm.config.get()
    vm.config.put(name="renamed", cores=2, sockets=2, digest=read["digest"])
    older = refusal(vm.config.put, memory=2048, digest=read["digest"])
    later = refusal(vm.config.post, memory=2048, digest=read["digest"])
    now = vm.config.get(current=1)
    waiting = waits(vm)
    vm.config.put(revert="sockets", digest=vm.config.get()["digest"])
    left = waits(vm)
    unknown = refusal(vm.config.put, corez=2)
    nothing = refusal(vm.config.put)
    both = refusal(vm.config.put, cores=4, delete="cores")
    follow(vm.status.reset.post())
    after_reset = waits(vm)
    follow(vm.status.stop.post())
    follow(vm.status.start.post())
    told(
        "settings", older=older, later=later, now=[now["name"], now.get("cores"), now.get("sockets"), now["memory"]],
        waiting=waiting, left=left, unknown=unknown, nothing=nothing, both=both, after_reset=after_reset, in_effect=waits(vm),
        cores=vm.config.get(current=1)["cores"],
    )
    follow(vm.status.stop.post())
    follow(vm.delete())


def waits(vm):
    return {each["key"]: each["pending"] for each in vm.pending.get() if "pending" in each}


def cloud_init(proxmox, vmid):
    """The drive of cloud-init: what it says, what it will say, and made anew."""
    follow, node = follower(proxmox), proxmox.nodes("pve1")
    follow(node.qemu.post(
        vmid=vmid, name="cloud", memory=1024, scsi0="local-zfs:4", ide2="local-zfs:cloudinit", net0="virtio,bridge=vmbr0",
        ciuser="ops", cipassword="secret1", ipconfig0="ip=10.0.20.7/24,gw=10.0.20.1", ostype="l26",
    ))
    vm = node.qemu(vmid)
    follow(vm.status.start.post())
    second = refusal(vm.config.put, sata0="local-zfs:cloudinit")
    vm.config.put(ciuser="dev")
    asked = {each["key"]: each.get("pending") for each in vm.cloudinit.get() if "pending" in each}
    vm.cloudinit.put()
    made = [each["key"] for each in vm.cloudinit.get() if "pending" in each]
    config = vm.config.get()
    told(
        "cloud-init", second=second, asked=asked, made=made, drive=config["ide2"].split(",")[0], password=config["cipassword"],
        user="user: dev" in vm.cloudinit.dump.get(type="user"), network="10.0.20.7/24" in vm.cloudinit.dump.get(type="network"),
        waiting=waits(vm),
    )
    follow(vm.status.stop.post())
    follow(vm.delete())


def agent(proxmox, vmid):
    """Questions to the guest agent: not configured, not running, not booted yet, answered."""
    follow, node = follower(proxmox), proxmox.nodes("pve1")
    follow(node.qemu.post(vmid=vmid, name="asked", memory=1024, scsi0="local-zfs:4", net0="virtio,bridge=vmbr0", ostype="l26"))
    vm = node.qemu(vmid)
    unset = refusal(vm.agent.ping.post)
    vm.config.put(agent="enabled=1")
    down = refusal(vm.agent("get-osinfo").get)
    follow(vm.status.start.post())
    while "not running" in str(refusal(vm.agent.ping.post).get("text", "")):
        pass
    addresses = {
        each["name"]: [address["ip-address-type"] for address in each["ip-addresses"]]
        for each in vm.agent("network-get-interfaces").get()["result"]
    }
    ran = refusal(vm.agent.exec.post, command=["uname", "-a"])
    told(
        "agent", unset=unset, down=down, host=vm.agent("get-host-name").get()["result"]["host-name"],
        system=vm.agent("get-osinfo").get()["result"]["id"], addresses=addresses,
        ran=ran,
    )
    follow(vm.status.stop.post())
    follow(vm.delete())


def migration(proxmox, root, vmid):
    """Move one that runs between two nodes, with its local disk and its cloud-init drive; and what is refused."""
    follow, node = follower(proxmox), proxmox.nodes("pve1")
    follow(node.qemu.post(
        vmid=vmid, name="moved", memory=1024, scsi0="local-zfs:4", ide2="local-zfs:cloudinit", net0="virtio,bridge=vmbr0", ostype="l26",
    ))
    vm = node.qemu(vmid)
    follow(vm.status.start.post())
    here = refusal(vm.migrate.post, target="pve1", online=1)
    nowhere = refusal(vm.migrate.post, target="pve9", online=1)
    offline = refusal(vm.migrate.post, target="pve2")
    disks = follow(vm.migrate.post(target="pve2", online=1))
    known = vm.migrate.get(target="pve2")
    local = {each["volid"]: each["cdrom"] for each in known["local_disks"]}
    root.nodes("pve1").qemu(vmid).config.put(lock="backup")
    locked = [refusal(vm.config.put, cores=2), refusal(vm.migrate.post, target="pve2", online=1)]
    root.nodes("pve1").qemu(vmid).config.put(delete="lock", skiplock=1)
    upid = vm.migrate.post(target="pve2", online=1, **{"with-local-disks": 1})
    moved = follow(upid)
    there = proxmox.nodes("pve2").qemu(vmid)
    gone = refusal(vm.status.current.get)
    told(
        "migration", here=here, nowhere=nowhere, offline=offline, disks=disks, running=known["running"], local=local,
        locked=locked, moved=moved, decoded=Tasks.decode_upid(upid)["type"], state=there.status.current.get()["status"],
        lock=there.config.get().get("lock"), gone=gone,
    )
    follow(there.status.stop.post())
    follow(there.delete())


told("version", **ProxmoxAPI(host, user=user, token_name=token_name, token_value=token_secret, verify_ssl=ca).version.get())

by_ticket = ProxmoxAPI(host, user="root@pam", password="proxmox", verify_ssl=ca)
life("by-ticket", by_ticket, 901)

by_token = ProxmoxAPI(host, user=user, token_name=token_name, token_value=token_secret, verify_ssl=ca)
life("by-token", by_token, 902)
container(by_token, 903, 904)
machine(by_token, 905, 906)
settings(by_token, 907)
cloud_init(by_token, 908)
agent(by_token, 909)
migration(by_token, by_ticket, 910)

try:
    by_token.nodes("pve1").lxc(999).config.get()
except ResourceException as error:
    told("missing", status=error.status_code, text=error.content)

try:
    by_token.nodes("pve1").lxc.post(vmid=5)
except ResourceException as error:
    told("invalid", status=error.status_code, errors=error.errors)
