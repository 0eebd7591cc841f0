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
    moved = follow(vm.migrate.post(target="pve2", online=1, **{"with-local-disks": 1}))
    vm = proxmox.nodes("pve2").qemu(vmid)
    stopped = follow(vm.status.stop.post())
    follow(node.qemu(copy).delete())
    destroyed = follow(vm.delete(purge=1))
    told(
        "machine", created=created, started=started, interfaces=interfaces, configured=configured, waiting=waiting,
        snapped=snapped, resized=resized, shrunk=shrunk, cloned=cloned, fresh=fresh, moved=moved, stopped=stopped,
        destroyed=destroyed,
    )


told("version", **ProxmoxAPI(host, user=user, token_name=token_name, token_value=token_secret, verify_ssl=ca).version.get())

by_ticket = ProxmoxAPI(host, user="root@pam", password="proxmox", verify_ssl=ca)
life("by-ticket", by_ticket, 901)

by_token = ProxmoxAPI(host, user=user, token_name=token_name, token_value=token_secret, verify_ssl=ca)
life("by-token", by_token, 902)
container(by_token, 903, 904)
machine(by_token, 905, 906)

try:
    by_token.nodes("pve1").lxc(999).config.get()
except ResourceException as error:
    told("missing", status=error.status_code, text=error.content)

try:
    by_token.nodes("pve1").lxc.post(vmid=5)
except ResourceException as error:
    told("invalid", status=error.status_code, errors=error.errors)
