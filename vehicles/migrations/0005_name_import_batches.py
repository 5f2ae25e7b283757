from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0004_latest_as_one_value")]
    operations = [
        migrations.AlterModelOptions(name="importbatch", options={"verbose_name_plural": "import batches"}),
    ]
