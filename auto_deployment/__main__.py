from auto_deployment.cli import main

raise SystemExit(main())
