// Lists, creates, starts, changes, snapshots, clones, moves, stops and destroys guests with go-proxmox, as its users do.
// Arguments: API address, CA file, template, token id; the token's secret is in PROXMOX_TOKEN_SECRET.
// Prints one line of JSON for each thing done.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/luthermonson/go-proxmox"
)

var ctx = context.Background()

type facts map[string]any

func tell(step string, what facts) {
	what["step"] = step
	line, err := json.Marshal(what)
	must(err)
	fmt.Println(string(line))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func is[T any](value T, err error) T {
	must(err)
	return value
}

// follow waits for a task and gives its exit text.
func follow(task *proxmox.Task, err error) string {
	must(err)
	must(task.Wait(ctx, 20*time.Millisecond, 30*time.Second))
	return task.ExitStatus
}

func container(node *proxmox.Node, template string) {
	created := follow(node.NewContainer(ctx, 911,
		proxmox.ContainerOption{Name: "ostemplate", Value: template},
		proxmox.ContainerOption{Name: "hostname", Value: "go"},
		proxmox.ContainerOption{Name: "rootfs", Value: "local-zfs:1"},
		proxmox.ContainerOption{Name: "memory", Value: 256},
		proxmox.ContainerOption{Name: "unprivileged", Value: true},
		proxmox.ContainerOption{Name: "tags", Value: "b;a"},
	))
	guest := is(node.Container(ctx, 911))
	started := follow(guest.Start(ctx))
	must(guest.Ping(ctx))
	running := guest.Status
	snapped := follow(guest.NewSnapshot(ctx, "before"))
	_, err := guest.Config(ctx, proxmox.ContainerOption{Name: "memory", Value: 512})
	must(err)
	memory := is(node.Container(ctx, 911)).ContainerConfig.Memory
	back := follow(guest.Snapshot("before").Rollback(ctx, false))
	again := is(node.Container(ctx, 911)).ContainerConfig.Memory
	resized := follow(guest.Resize(ctx, "rootfs", "+1G"))
	gone := follow(guest.Snapshot("before").Delete(ctx))
	moved := follow(guest.Migrate(ctx, &proxmox.ContainerMigrateOptions{Target: "pve2", Restart: true}))
	guest.Node = "pve2"
	destroyed := follow(guest.Delete(ctx, &proxmox.ContainerDeleteOptions{Force: true, Purge: true}))
	tell("container", facts{"created": created, "tags": guest.Tags, "started": started, "running": running, "snapped": snapped,
		"memory": []int{*memory, *again}, "back": back, "resized": resized, "gone": gone, "moved": moved, "destroyed": destroyed})
}

func machine(node *proxmox.Node) {
	option := func(name string, value any) proxmox.VirtualMachineOption {
		return proxmox.VirtualMachineOption{Name: name, Value: value}
	}
	created := follow(node.NewVirtualMachine(ctx, 912, option("name", "go-vm"), option("memory", 1024), option("cores", 2),
		option("scsi0", "local-zfs:4,ssd=1"), option("net0", "virtio,bridge=vmbr0"), option("agent", "enabled=1"),
		option("ide2", "local-zfs:cloudinit"), option("ipconfig0", "ip=dhcp")))
	guest := is(node.VirtualMachine(ctx, 912))
	started := follow(guest.Start(ctx))
	must(guest.WaitForAgent(ctx, 20))
	host := is(guest.AgentGetHostName(ctx))
	system := is(guest.AgentOsInfo(ctx)).ID
	changed := follow(guest.Config(ctx, option("cores", 4), option("description", "by go")))
	waiting := []string{}
	for _, item := range *is(guest.Pending(ctx)) {
		if item.Pending != nil {
			waiting = append(waiting, item.Key)
		}
	}
	snapped := follow(guest.NewSnapshot(ctx, "before"))
	names := []string{}
	for _, snapshot := range is(guest.Snapshots(ctx)) {
		names = append(names, snapshot.Name)
	}
	resized := follow(guest.ResizeDisk(ctx, "scsi0", "+1G"))
	_, task, err := guest.Clone(ctx, &proxmox.VirtualMachineCloneOptions{NewID: 913, Name: "go-copy", Full: true})
	cloned := follow(task, err)
	copied := is(node.VirtualMachine(ctx, 913))
	disk := copied.VirtualMachineConfig.SCSIs["scsi0"]
	follow(copied.Delete(ctx, nil))
	gone := follow(guest.Snapshot("before").Delete(ctx))
	moved := follow(guest.Migrate(ctx, &proxmox.VirtualMachineMigrateOptions{Target: "pve2", Online: true, WithLocalDisks: true}))
	guest.Node = "pve2"
	stopped := follow(guest.Stop(ctx))
	destroyed := follow(guest.Delete(ctx, nil))
	tell("machine", facts{"created": created, "started": started, "host": host, "system": system, "changed": changed,
		"waiting": waiting, "snapped": snapped, "snapshots": names, "resized": resized, "cloned": cloned, "disk": disk,
		"gone": gone, "moved": moved, "stopped": stopped, "destroyed": destroyed})
}

func main() {
	address, ca, template, token := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	client := proxmox.NewClient(address+"/api2/json", proxmox.WithRootCAFile(ca),
		proxmox.WithAPIToken(token, os.Getenv("PROXMOX_TOKEN_SECRET")))
	tell("version", facts{"release": is(client.Version(ctx)).Release})
	nodes := []string{}
	for _, node := range is(client.Nodes(ctx)) {
		nodes = append(nodes, node.Node)
	}
	cluster := is(client.Cluster(ctx))
	resources := is(cluster.Resources(ctx, "vm"))
	tell("lists", facts{"nodes": nodes, "guests": len(resources), "next": is(cluster.NextID(ctx))})
	node := is(client.Node(ctx, "pve1"))
	container(node, template)
	machine(node)
	left := []uint64{}
	for _, guest := range is(cluster.Resources(ctx, "vm")) {
		left = append(left, guest.VMID)
	}
	_, err := node.Container(ctx, 999)
	tell("end", facts{"left": left, "missing": err.Error()})
}
