"""One self-contained HTML page of a run, and pictures of it for chats and mails."""
