-- Looks at the outside at once. status.lastHandledReconcileAt answers with the same value.
local os = require("os")
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["homelab.neuralcodelab.com/reconcile-requested-at"] = os.date("!%Y-%m-%dT%XZ")
return obj
