# The exit status of an uncaught exception.
print("before")
raise SystemExit(3)
