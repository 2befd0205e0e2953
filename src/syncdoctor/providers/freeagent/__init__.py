"""What is known about FreeAgent: facts, rules, records and the embedded provider."""
