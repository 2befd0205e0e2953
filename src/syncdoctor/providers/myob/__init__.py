"""What is known about MYOB: facts, rules, records and the embedded provider."""
