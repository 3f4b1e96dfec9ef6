"""What people read: reports and, later, mails."""
