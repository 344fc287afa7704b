"""Who may come in, and what they may reach: sign-in, the doors of the web app, its log, its health, its end."""
