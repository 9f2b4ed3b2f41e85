// Command compat drives a Nacos-compatible server with nacos-sdk-go/v2 and
// prints one CASE line a case. cargo xtask compat starts it; README.md of the
// parent folder lists the environment it reads.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "hold" {
		hold(os.Args[2:])
		return
	}
	suite := newSuite()
	suite.runAll(namingCases())
	suite.runAll(configCases())
	suite.runAll(authCases())
	suite.runAll(restartCases())
	fmt.Println("END")
	if suite.failed > 0 {
		fmt.Fprintf(os.Stderr, "%d cases failed\n", suite.failed)
		os.Exit(1)
	}
}
