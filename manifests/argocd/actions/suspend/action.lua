-- Differs from Git afterwards: an Application with selfHeal takes it back, so write it in Git there.
obj.spec.suspend = true
return obj
