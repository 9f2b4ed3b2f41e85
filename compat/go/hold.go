package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"

	"github.com/nacos-group/nacos-sdk-go/v2/clients"
)

// hold registers one instance and keeps it until the process is killed; it
// stands for a service that dies without a word.
func hold(args []string) {
	t := &trial{unique: "hold-" + strconv.Itoa(os.Getpid())}
	port, err := strconv.ParseUint(args[1], 10, 16)
	t.must(err, "reading the port")
	client, err := clients.NewNamingClient(t.param(clientOptions{}))
	t.must(err, "creating a naming client")
	_, err = client.RegisterInstance(instance(args[0], port))
	t.must(err, "registering")
	fmt.Println("HOLDING")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// holder starts such a process and returns once it has registered.
func (t *trial) holder(service string, port uint64) *exec.Cmd {
	program, err := os.Executable()
	t.must(err, "finding ourselves")
	command := exec.Command(program, "hold", service, strconv.FormatUint(port, 10))
	input, err := command.StdinPipe()
	t.must(err, "opening its input")
	output, err := command.StdoutPipe()
	t.must(err, "opening its output")
	t.must(command.Start(), "starting a second process")
	t.defers(func() {
		_ = input.Close()
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	var word string
	for word != "HOLDING" {
		if _, err := fmt.Fscan(output, &word); err != nil {
			t.failf("the second process ended before it registered: %v", err)
		}
	}
	return command
}
