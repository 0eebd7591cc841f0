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
    node = proxmox.nodes(proxmox.nodes.get()[0]["node"])

    def follow(upid):
        done = Tasks.blocking_status(proxmox, upid, timeout=30, polling_interval=0.05)
        return done["exitstatus"] if done else "timeout"

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


told("version", **ProxmoxAPI(host, user=user, token_name=token_name, token_value=token_secret, verify_ssl=ca).version.get())

by_ticket = ProxmoxAPI(host, user="root@pam", password="proxmox", verify_ssl=ca)
life("by-ticket", by_ticket, 901)

by_token = ProxmoxAPI(host, user=user, token_name=token_name, token_value=token_secret, verify_ssl=ca)
life("by-token", by_token, 902)

try:
    by_token.nodes("pve1").lxc(999).config.get()
except ResourceException as error:
    told("missing", status=error.status_code, text=error.content)

try:
    by_token.nodes("pve1").lxc.post(vmid=5)
except ResourceException as error:
    told("invalid", status=error.status_code, errors=error.errors)
