-- Restarts the guest once, and lets go of a hold by hand. Git does not know the annotation, so it is no drift.
local os = require("os")
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["homelab.neuralcodelab.com/restarted-at"] = os.date("!%Y-%m-%dT%XZ")
return obj
