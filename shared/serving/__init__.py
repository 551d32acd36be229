"""What every request passes besides authentication: the serving mode, and admission."""
