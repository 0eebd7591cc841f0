package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	luajson "layeh.com/gopher-json"
)

const scriptTime = time.Second

// run executes a script on an object; what it returned comes as JSON. No string, no math, no io, a cut-down os.
func run(object *unstructured.Unstructured, script string) ([]byte, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for _, library := range []struct {
		name string
		open lua.LGFunction
	}{{lua.LoadLibName, lua.OpenPackage}, {lua.BaseLibName, lua.OpenBase}, {lua.TabLibName, lua.OpenTable}} {
		open := lua.P{Fn: state.NewFunction(library.open), Protect: true}
		if err := state.CallByParam(open, lua.LString(library.name)); err != nil {
			return nil, err
		}
	}
	// There is no global os: a script says require("os").
	state.PreloadModule(lua.OsLibName, safeOs)
	limited, cancel := context.WithTimeout(context.Background(), scriptTime)
	defer cancel()
	state.SetContext(limited)
	state.SetGlobal("actionParams", state.NewTable())
	state.SetGlobal("obj", toLua(state, object.Object))
	if err := state.DoString(script); err != nil {
		return nil, err
	}
	returned := state.Get(-1)
	if returned.Type() != lua.LTTable {
		return nil, fmt.Errorf("expect table output from Lua script, not %s", returned.Type())
	}
	return luajson.Encode(returned)
}

// safeOs has time without arguments and date for formats of the letters used by RFC 3339; anything else is an error,
// so that a script which needs more of it is noticed.
func safeOs(state *lua.LState) int {
	functions := map[string]lua.LGFunction{"time": osTime, "date": osDate}
	state.Push(state.SetFuncs(state.NewTable(), functions))
	return 1
}

func osTime(state *lua.LState) int {
	state.Push(lua.LNumber(time.Now().Unix()))
	return 1
}

func osDate(state *lua.LState) int {
	format := state.CheckString(1)
	now := time.Now()
	if format != "" && format[0] == '!' {
		now, format = now.UTC(), format[1:]
	}
	letters := map[byte]string{'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'F': "2006-01-02", 'X': "15:04:05"}
	text := ""
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			text += string(format[i])
			continue
		}
		i++
		layout, known := "", false
		if i < len(format) {
			layout, known = letters[format[i]]
		}
		if !known {
			state.RaiseError("os.date: format %q", format)
			return 0
		}
		text += now.Format(layout)
	}
	state.Push(lua.LString(text))
	return 1
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch it := value.(type) {
	case bool:
		return lua.LBool(it)
	case float64:
		return lua.LNumber(it)
	case int64:
		return lua.LNumber(it)
	case string:
		return lua.LString(it)
	case []any:
		table := state.CreateTable(len(it), 0)
		for _, item := range it {
			table.Append(toLua(state, item))
		}
		return table
	case map[string]any:
		table := state.CreateTable(0, len(it))
		for key, item := range it {
			table.RawSetString(key, toLua(state, item))
		}
		return table
	default:
		return lua.LNil
	}
}

type health struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

var healthWords = map[string]bool{"Unknown": true, "Progressing": true, "Suspended": true, "Healthy": true, "Degraded": true, "Missing": true}

func healthOf(object *unstructured.Unstructured, script string) (any, error) {
	if object.GetDeletionTimestamp() != nil {
		// Decided before any script is asked.
		return health{Status: "Progressing", Message: "Pending deletion"}, nil
	}
	text, err := run(object, script)
	if err != nil {
		return nil, err
	}
	var found health
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, err
	}
	if !healthWords[found.Status] {
		return nil, fmt.Errorf("Lua returned an invalid health status: %q", found.Status)
	}
	return found, nil
}
