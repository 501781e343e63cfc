package program

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v4"
)

// Parse reads settings: defaults, then a file, then the environment, then flags;
// the later wins. The file is named by --config or VOLARY_CONFIG and holds a flag
// a line, without the dashes: `database-url: sqlite:data/volary.db`. A key that
// is none is refused with its line.
func Parse(name, description string, grammar any, vars kong.Vars, args, environ []string, out io.Writer) (*Settings, error) {
	env := map[string]string{}
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok && strings.HasPrefix(k, EnvPrefix) {
			env[k] = v
		}
	}
	file, err := readFile(configFile(args, env))
	if err != nil {
		return nil, err
	}
	helped := false
	k, err := kong.New(grammar,
		kong.Name(name), kong.Description(description), kong.UsageOnError(),
		kong.Writers(out, out), kong.Exit(func(int) { helped = true }),
		vars, kong.Resolvers(resolver{env: env, file: file}),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return nil, err
	}
	if err := file.check(k); err != nil {
		return nil, err
	}
	ctx, err := k.Parse(args)
	if helped {
		return nil, errHelp
	}
	if err != nil {
		return nil, err
	}
	return &Settings{kong: ctx}, nil
}

// configFile finds the name of the file before kong has read the flags.
func configFile(args []string, env map[string]string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--config="); ok {
			return v
		}
		if a == "--config" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return env[EnvPrefix+"CONFIG"]
}

// settingsFile is a file of settings with the lines they stand in.
type settingsFile struct {
	name   string
	values map[string]string
	lines  map[string]int
}

func readFile(name string) (settingsFile, error) {
	f := settingsFile{name: name, values: map[string]string{}, lines: map[string]int{}}
	if name == "" {
		return f, nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return f, fmt.Errorf("settings: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return f, fmt.Errorf("settings: %s: %w", name, err)
	}
	if len(doc.Content) == 0 {
		return f, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return f, fmt.Errorf("settings: %s:%d: give `name: value` lines", name, root.Line)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if _, twice := f.values[key.Value]; twice {
			return f, fmt.Errorf("settings: %s:%d: %q is there twice", name, key.Line, key.Value)
		}
		switch value.Kind {
		case yaml.ScalarNode:
			f.values[key.Value] = value.Value
		case yaml.SequenceNode:
			var parts []string
			for _, n := range value.Content {
				parts = append(parts, n.Value)
			}
			f.values[key.Value] = strings.Join(parts, ",")
		default:
			return f, fmt.Errorf("settings: %s:%d: %q takes a value, or a list of values", name, key.Line, key.Value)
		}
		f.lines[key.Value] = key.Line
	}
	return f, nil
}

// check refuses keys that no command has a flag for.
func (f settingsFile) check(k *kong.Kong) error {
	known := map[string]bool{}
	var walk func(n *kong.Node)
	walk = func(n *kong.Node) {
		for _, flag := range n.Flags {
			known[flag.Name] = true
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(k.Model.Node)
	for key, line := range f.lines {
		if !known[key] {
			return fmt.Errorf("settings: %s:%d: %q is not a setting: --help lists them", f.name, line, key)
		}
	}
	return nil
}

// resolver gives flags their values from the environment and the file.
type resolver struct {
	env  map[string]string
	file settingsFile
}

func (resolver) Validate(*kong.Application) error { return nil }

func (r resolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if v, ok := r.env[EnvName(flag.Name)]; ok {
		return v, nil
	}
	if v, ok := r.file.values[flag.Name]; ok {
		return v, nil
	}
	return nil, nil
}

// EnvName is the name of a flag in the environment.
func EnvName(flag string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Print writes all settings of a command as a file that could be given back, with
// secrets masked. command "" is the program itself.
func (s *Settings) Print(w io.Writer, command string) error {
	node := s.kong.Model.Node
	for _, c := range node.Children {
		if c.Name == command {
			node = c
		}
	}
	flags := slices.Clone(node.Flags)
	slices.SortFunc(flags, func(a, b *kong.Flag) int { return strings.Compare(a.Name, b.Name) })
	for _, f := range flags {
		if f.Name == "help" || f.Name == "config" || f.Hidden {
			continue
		}
		v := mask(fmt.Sprint(f.Target.Interface()))
		b, err := yaml.Marshal(map[string]string{f.Name: strings.Trim(v, "[]")})
		if err != nil {
			return fmt.Errorf("settings: %w", err)
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// mask hides the password in a URL.
func mask(v string) string {
	u, err := url.Parse(v)
	if err != nil || u.User == nil {
		return v
	}
	if _, has := u.User.Password(); !has {
		return v
	}
	return u.Redacted()
}
