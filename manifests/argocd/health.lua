-- Health of every kind of homelab.neuralcodelab.com in Argo CD, by the rules of kstatus and in their order: a
-- generation not seen yet, then the first of Reconciling and Stalled that is True, then Ready.
-- Runs without the string and math libraries (useOpenLibs is not needed).
local function is(status, message)
  return { status = status, message = message }
end

local function text(condition)
  return condition.reason .. ": " .. condition.message
end

if obj.status == nil or obj.status.conditions == nil then
  return is("Progressing", "Waiting for the controller to look at it")
end
if obj.status.observedGeneration ~= obj.metadata.generation then
  return is("Progressing", "Waiting for the controller to see generation " .. tostring(obj.metadata.generation))
end

local ready = nil
for _, condition in ipairs(obj.status.conditions) do
  if condition.status == "True" and condition.type == "Reconciling" then
    return is("Progressing", text(condition))
  end
  if condition.status == "True" and condition.type == "Stalled" then
    return is("Degraded", text(condition))
  end
  if condition.type == "Ready" then
    ready = condition
  end
end

if ready == nil then
  return is("Progressing", "Waiting for the Ready condition")
end
if ready.status ~= "True" then
  return is("Progressing", text(ready))
end
-- The reason also says so when something above is suspended, spec.suspend only when the object itself is.
if ready.reason == "Suspended" or (obj.spec ~= nil and obj.spec.suspend == true) then
  return is("Suspended", ready.message)
end
return is("Healthy", text(ready))
