//go:build programs

// Package programs names the programs of Argo Workflows, so that go.mod and go.sum hold what they are built from.
package programs

import (
	_ "github.com/argoproj/argo-workflows/v3/cmd/argoexec"
	_ "github.com/argoproj/argo-workflows/v3/cmd/workflow-controller"
)
