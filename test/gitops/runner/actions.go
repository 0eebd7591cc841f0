package main

import (
	"encoding/json"
	"errors"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type action struct {
	Disabled    bool   `json:"disabled"`
	IconClass   string `json:"iconClass,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
}

// actionsOf answers the actions that a discovery script offers, by name.
func actionsOf(object *unstructured.Unstructured, script string) (any, error) {
	text, err := run(object, script)
	if err != nil {
		return nil, err
	}
	var offered map[string]action
	if err := json.Unmarshal(text, &offered); err != nil {
		return nil, err
	}
	return offered, nil
}

// changedBy answers the object that an action makes of the given one; Argo CD sends the difference as a merge patch.
func changedBy(object *unstructured.Unstructured, script string) (any, error) {
	text, err := run(object, script)
	if err != nil {
		return nil, err
	}
	changed := &unstructured.Unstructured{}
	if len(text) == 0 || text[0] != '{' {
		return nil, errors.New("an action returns the object")
	}
	if err := changed.UnmarshalJSON(text); err != nil {
		return nil, err
	}
	return mendEmpty(changed.Object, object.Object), nil
}

// mendEmpty makes an empty list an empty map again where there was a map: Lua knows one kind of table.
func mendEmpty(changed, before any) any {
	switch now := changed.(type) {
	case map[string]any:
		if was, ok := before.(map[string]any); ok {
			for key, value := range now {
				now[key] = mendEmpty(value, was[key])
			}
		}
	case []any:
		if _, ok := before.(map[string]any); ok && len(now) == 0 {
			return map[string]any{}
		}
		if was, ok := before.([]any); ok {
			for i := range min(len(now), len(was)) {
				now[i] = mendEmpty(now[i], was[i])
			}
		}
	}
	return changed
}
