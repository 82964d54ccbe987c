"""Who may see and do what: sign-in through OpenID Connect, roles, and refusal without either."""
