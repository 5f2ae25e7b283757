from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0011_movement")]
    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="plan",
            field=models.JSONField(help_text="which column is what, where the owner has to say so", null=True),
        ),
        migrations.AlterField(
            model_name="importbatch",
            name="format",
            field=models.CharField(
                choices=[
                    ("envirocar", "enviroCar"),
                    ("teslafi", "TeslaFi"),
                    ("twizy", "Twizy data set"),
                    ("columns", "Another CSV file"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="importbatch",
            name="state",
            field=models.CharField(
                choices=[
                    ("mapping", "Waits for your choices"),
                    ("queued", "Waiting"),
                    ("running", "Importing"),
                    ("done", "Imported"),
                    ("failed", "Failed"),
                    ("undone", "Undone"),
                ],
                default="queued",
                max_length=8,
            ),
        ),
    ]
