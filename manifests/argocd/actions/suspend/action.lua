-- Lasts until resume where Git does not name spec.suspend; where it does, selfHeal takes it back.
obj.spec.suspend = true
return obj
