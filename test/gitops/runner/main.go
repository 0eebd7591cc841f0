// Command runner answers, for objects on standard input, what Argo CD and kstatus make of them. It stands in for the
// two programs in tests: the Lua virtual machine and the rules of kstatus are theirs, and the sandbox is built as
// Argo CD 3.6 builds it (util/lua/lua.go, util/lua/oslib_safe.go; pkg/health/health.go of its engine).
//
// Input: a JSON array of questions. Output: a JSON array of answers, in the same order.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

type question struct {
	// Do is one of health, actions, action, kstatus, link.
	Do string `json:"do"`
	// Script is Lua for health, actions and action.
	Script string `json:"script"`
	// URL and If are those of a deep link.
	URL    string          `json:"url"`
	If     string          `json:"if"`
	Object json.RawMessage `json:"object"`
}

type answer struct {
	Value any    `json:"value,omitempty"`
	Error string `json:"error,omitempty"`
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		fmt.Fprintln(os.Stderr, "standard input:", err)
		os.Exit(2)
	}
	answers := make([]answer, len(questions))
	for i, asked := range questions {
		value, err := reply(asked)
		answers[i] = answer{Value: value}
		if err != nil {
			answers[i] = answer{Error: err.Error()}
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		fmt.Fprintln(os.Stderr, "standard output:", err)
		os.Exit(2)
	}
}

func reply(asked question) (any, error) {
	// As from the API server: whole numbers are int64.
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(asked.Object); err != nil {
		return nil, err
	}
	switch asked.Do {
	case "health":
		return healthOf(object, asked.Script)
	case "actions":
		return actionsOf(object, asked.Script)
	case "action":
		return changedBy(object, asked.Script)
	case "kstatus":
		result, err := status.Compute(object)
		if err != nil {
			return nil, err
		}
		return map[string]string{"status": string(result.Status), "message": result.Message}, nil
	case "link":
		return linkOf(object, asked.URL, asked.If)
	default:
		return nil, fmt.Errorf("do: %q", asked.Do)
	}
}
