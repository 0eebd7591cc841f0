-- What can be done to an object of homelab.neuralcodelab.com. restart is for guests.
local suspended = obj.spec.suspend == true
local offered = {
  reconcile = { displayName = "Reconcile now", iconClass = "fa fa-fw fa-sync" },
  suspend = { displayName = "Suspend", iconClass = "fa fa-fw fa-pause-circle", disabled = suspended },
  resume = { displayName = "Resume", iconClass = "fa fa-fw fa-play-circle", disabled = not suspended },
}
if obj.kind == "Container" or obj.kind == "VirtualMachine" then
  -- It would wait for the resume, which is not what the button says.
  local never = suspended or obj.spec.management == "Observe" or obj.spec.powerState == "Stopped"
  offered.restart = { displayName = "Restart", iconClass = "fa fa-fw fa-redo", disabled = never }
end
return offered
