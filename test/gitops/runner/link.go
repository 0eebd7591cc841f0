package main

import (
	"fmt"
	"strings"
	"text/template"

	"github.com/expr-lang/expr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// linkOf answers the address of a deep link for the object, or "" when its condition does not hold.
func linkOf(object *unstructured.Unstructured, url, condition string) (any, error) {
	about := map[string]any{"resource": object.Object}
	if condition != "" {
		holds, err := expr.Eval(condition, about)
		if err != nil {
			return nil, err
		}
		if shown, ok := holds.(bool); !ok {
			return nil, fmt.Errorf("if: %v is not a boolean", holds)
		} else if !shown {
			return "", nil
		}
	}
	parsed, err := template.New("link").Option("missingkey=error").Parse(url)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	if err := parsed.Execute(&text, about); err != nil {
		return nil, err
	}
	return text.String(), nil
}
