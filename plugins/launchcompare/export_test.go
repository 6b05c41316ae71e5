package launchcompare

// PlainName is the name that launches are matched by.
func PlainName(name string) string { return plainNames()(name) }
