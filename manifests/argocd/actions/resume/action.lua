-- Written as false, not taken out: a spec without members would come back as a list.
obj.spec.suspend = false
return obj
