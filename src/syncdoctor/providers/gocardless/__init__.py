"""What is known about GoCardless: facts, rules, records and the embedded provider."""
